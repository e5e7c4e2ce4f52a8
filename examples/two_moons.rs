//! Rectification in a picture: the paths from noise to two moons, before and after it.
//!
//! ```text
//! cargo run --release --example two_moons -- [--seed N] [--quick]
//! ```

mod common;

use std::path::Path;

use burn::tensor::{Device, Tensor};
use common::{Options, Plain, moons};
use plotters::{
    coord::Shift,
    prelude::{
        BitMapBackend, BitMapElement, ChartBuilder, Circle, DrawingArea, IntoDrawingArea, PathElement,
        RGBColor,
    },
    style::Color,
};
use reflow::{
    Data, Flow, Key, Sampler,
    metric::{energy_distance, straightness},
    ode::{Euler, Heun, TimeGrid},
};

fn main() -> common::Result<()> {
    let options = Options::from_args()?;
    let device = Device::<Plain>::default();
    let key = Key::new(options.seed);
    let data = moons::moons();
    let (teacher_flow, student_flow) = moons::rectified(options)?;

    let noise: Tensor<Plain, 2> = key.fork("noise").normal([2_000, 2], &device);
    let fresh = data.draw(0..2_000, &key.fork("fresh"), &device)?.x;
    println!("\n{:<8} {:>12} {:>13} {:>14}", "network", "straightness", "1 evaluation", "99 evaluations");
    let floor = energy_distance(data.draw(0..2_000, &key.fork("more"), &device)?.x, fresh.clone())?;
    println!("{:<8} {:>12} {:>13} {floor:>14.4}", "data", "", "");
    row("teacher", &teacher_flow, &noise, &fresh)?;
    row("student", &student_flow, &noise, &fresh)?;

    let path = Path::new("target/two_moons.png");
    draw(path, [&paths(&teacher_flow, &noise)?, &paths(&student_flow, &noise)?])?;
    println!("\n{}: the paths of the teacher and of the student.", path.display());
    Ok(())
}

/// Prints the straightness of a flow's paths and the distance of its samples from the moons.
fn row(
    name: &str,
    flow: &impl Flow<Plain>,
    noise: &Tensor<Plain, 2>,
    fresh: &Tensor<Plain, 2>,
) -> common::Result<()> {
    let one = Sampler::new(flow, Euler, TimeGrid::uniform(1)?).sample(noise.clone())?;
    let many = Sampler::new(flow, Heun, TimeGrid::uniform(50)?);
    let curved = straightness(&many, noise.clone())?;
    let one = energy_distance(one.x, fresh.clone())?;
    let many = energy_distance(many.sample(noise.clone())?.x, fresh.clone())?;
    println!("{name:<8} {curved:>12.4} {one:>13.4} {many:>14.4}");
    Ok(())
}

type Points = Vec<(f32, f32)>;

/// The paths of the first rows, each from noise to data.
fn paths(flow: &impl Flow<Plain>, noise: &Tensor<Plain, 2>) -> common::Result<Vec<Points>> {
    let count = 150;
    let mut paths = vec![Points::new(); count];
    let sampler = Sampler::new(flow, Heun, TimeGrid::uniform(50)?);
    for point in sampler.trajectory(noise.clone().narrow(0, 0, count))? {
        let values = point?.x.into_data().convert::<f32>().into_vec().map_err(|e| format!("{e:?}"))?;
        for (path, xy) in paths.iter_mut().zip(values.chunks_exact(2)) {
            path.push((xy[0], xy[1]));
        }
    }
    Ok(paths)
}

/// The size of the picture, and the factor by which it is drawn larger.
const SIZE: (usize, usize) = (1600, 720);
const LARGER: usize = 3;

/// Draws the panels side by side, enlarged, and averages the pixels, so that lines come out smooth.
#[allow(clippy::cast_possible_truncation, reason = "sizes of pictures and means of bytes fit")]
fn draw(path: &Path, panels: [&[Points]; 2]) -> common::Result<()> {
    let (width, height) = SIZE;
    let mut large = vec![255; width * height * 3 * LARGER * LARGER];
    let area = BitMapBackend::with_buffer(&mut large, ((width * LARGER) as u32, (height * LARGER) as u32))
        .into_drawing_area();
    for (area, paths) in area.split_evenly((1, 2)).iter().zip(panels) {
        panel(area, paths)?;
    }
    area.present()?;
    drop(area);

    let average = |at: usize| {
        let (y, x, channel) = (at / 3 / width, at / 3 % width, at % 3);
        let value = |i: usize| {
            let (y, x) = (y * LARGER + i / LARGER, x * LARGER + i % LARGER);
            u32::from(large[(y * width * LARGER + x) * 3 + channel])
        };
        ((0..LARGER * LARGER).map(value).sum::<u32>() / (LARGER * LARGER) as u32) as u8
    };
    let image: Vec<u8> = (0..width * height * 3).map(average).collect();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let size = (width as u32, height as u32);
    let area = BitMapBackend::new(path, size).into_drawing_area();
    area.draw(&BitMapElement::with_owned_buffer((0, 0), size, image).ok_or("wrong image size")?)?;
    area.present()?;
    Ok(())
}

/// Draws paths as lines and their ends as dots, with the same unit on both axes.
fn panel(area: &DrawingArea<BitMapBackend, Shift>, paths: &[Points]) -> common::Result<()> {
    let (line, noise, data) = (RGBColor(60, 72, 98), RGBColor(120, 144, 180), RGBColor(224, 92, 32));
    let (half_width, half_height) = (3.1_f32, 3.1 * 2.0 * SIZE.1 as f32 / SIZE.0 as f32);
    let mut chart =
        ChartBuilder::on(area).build_cartesian_2d(-half_width..half_width, -half_height..half_height)?;
    chart.draw_series(
        paths.iter().map(|path| PathElement::new(path.clone(), line.mix(0.4).stroke_width(4))),
    )?;
    let ends = |end: fn(&Points) -> Option<&(f32, f32)>| paths.iter().filter_map(end).copied();
    let dot = |at, size, color: RGBColor| Circle::new(at, size, color.mix(0.85).filled());
    chart.draw_series(ends(|path| path.first()).map(|at| dot(at, 11, noise)))?;
    chart.draw_series(ends(|path| path.last()).map(|at| dot(at, 13, data)))?;
    Ok(())
}
