//! Lowers the error of a grid by moving its times one by one.

use burn::tensor::{Tensor, backend::Backend};

use super::Reference;
use crate::{
    Error, Flow, OdeSolver,
    ode::{Direction, TimeGrid},
    sampler::Trajectory,
};

/// The size of the first move of a time, in log-odds between its neighbours.
const FIRST_MOVE: f64 = 0.5;

/// A grid whose error is being lowered, and the solve through it.
///
/// A time moves in its log-odds between its neighbours, so that times stay in order. The part of the solve
/// before it is kept: a trial solves only what comes after, and reads the device once.
pub(super) struct Descent<'a, B: Backend, const D: usize, F: ?Sized, S: OdeSolver> {
    flow: &'a F,
    solver: &'a S,
    reference: &'a Reference<B, D>,
    solve: Solve<B, D, S>,
    moves: Vec<f64>,
}

/// A solve through some times: the point before each step, and the error of its end against the reference.
struct Solve<B: Backend, const D: usize, S: OdeSolver> {
    times: Vec<f64>,
    points: Vec<Point<B, D, S>>,
    error: f64,
}

type Point<B, const D: usize, S> = (Tensor<B, D>, <S as OdeSolver>::State<B, D>);

impl<'a, B, const D: usize, F, S> Descent<'a, B, D, F, S>
where
    B: Backend,
    F: Flow<B, D> + ?Sized,
    S: OdeSolver,
{
    /// Starts from these times.
    pub(super) fn new(
        flow: &'a F,
        solver: &'a S,
        reference: &'a Reference<B, D>,
        times: &[f64],
    ) -> Result<Self, Error> {
        let moves = vec![FIRST_MOVE; times.len() - 2];
        let begin = vec![(reference.x1(), S::State::default())];
        let solve = solve(flow, solver, reference, times.to_vec(), begin)?;
        Ok(Self { flow, solver, reference, solve, moves })
    }

    pub(super) fn error(&self) -> f64 {
        self.solve.error
    }

    pub(super) fn times(&self) -> &[f64] {
        &self.solve.times
    }

    /// The size of the largest next move, in log-odds.
    pub(super) fn largest_move(&self) -> f64 {
        self.moves.iter().fold(0.0, |largest, size| largest.max(size.abs()))
    }

    /// Moves each time once, and then tries to move all of them by the same amounts again.
    pub(super) fn sweep(&mut self) -> Result<(), Error> {
        let before = self.solve.times.clone();
        for at in 1..before.len() - 1 {
            self.move_one(at)?;
        }
        let onward: Vec<f64> =
            before.iter().zip(self.times()).map(|(&before, &now)| onward(before, now)).collect();
        if onward != self.solve.times {
            self.attempt(1, onward)?;
        }
        Ok(())
    }

    /// Tries a move in one direction, then in the other, then to the vertex of the parabola through the three
    /// errors. The move of the next sweep is twice as long if the first direction helped, reversed if the
    /// second did, and otherwise half as long.
    fn move_one(&mut self, at: usize) -> Result<(), Error> {
        let here = self.error();
        let step = self.moves[at - 1];
        let ahead = self.attempt(at, self.moved(at, step))?;
        if ahead < here {
            self.moves[at - 1] = 2.0 * step;
            return Ok(());
        }
        let behind = self.attempt(at, self.moved(at, -step))?;
        if behind < here {
            self.moves[at - 1] = -step;
            return Ok(());
        }
        let vertex = 0.5 * step * (behind - ahead) / (behind - 2.0 * here + ahead);
        if vertex.is_finite() && vertex != 0.0 {
            self.attempt(at, self.moved(at, vertex))?;
        }
        self.moves[at - 1] = 0.5 * step;
        Ok(())
    }

    /// Tries other times, which differ from the time at `first` on, and keeps them if their error is smaller.
    fn attempt(&mut self, first: usize, times: Vec<f64>) -> Result<f64, Error> {
        if times.windows(2).any(|pair| pair[0] <= pair[1]) {
            return Ok(f64::INFINITY);
        }
        let before = self.solve.points[..first].to_vec();
        let tried = solve(self.flow, self.solver, self.reference, times, before)?;
        let error = tried.error;
        if error < self.solve.error {
            self.solve = tried;
        }
        Ok(error)
    }

    /// The times, with one of them moved by `step` in its log-odds between its neighbours.
    fn moved(&self, at: usize, step: f64) -> Vec<f64> {
        let mut times = self.solve.times.clone();
        let (above, below) = (times[at - 1], times[at + 1]);
        let odds = (times[at] - below) / (above - times[at]) * step.exp();
        times[at] = below + (above - below) * odds / (1.0 + odds);
        times
    }
}

/// Continues a solve from the last of its points to the end.
fn solve<B: Backend, const D: usize, F: Flow<B, D> + ?Sized, S: OdeSolver>(
    flow: &F,
    solver: &S,
    reference: &Reference<B, D>,
    times: Vec<f64>,
    mut points: Vec<Point<B, D, S>>,
) -> Result<Solve<B, D, S>, Error> {
    let (x, state) = points.pop().expect("a solve begins somewhere");
    let grid = TimeGrid::new(times[points.len()..].to_vec())?;
    let mut trajectory = Trajectory::resume(flow, solver, &grid, (x, state), Direction::ToData);
    while !trajectory.is_done() {
        points.push(trajectory.point());
        trajectory.advance()?;
    }
    let (x, _) = trajectory.point();
    Ok(Solve { times, points, error: reference.trial_error_at(x) })
}

/// Moves a time as far again in its log-odds; the two ends stay.
fn onward(before: f64, now: f64) -> f64 {
    if now <= 0.0 || now >= 1.0 {
        return now;
    }
    let odds = |t: f64| t / (1.0 - t);
    let next = odds(now).powi(2) / odds(before);
    next / (1.0 + next)
}
