//! Connections: each has a thread that reads requests and waits for the replies.

use std::{
    io::{self, BufRead, BufReader, ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    protocol::{Reply, Request},
    solver::{Job, Solver},
};

/// The most bytes of a line.
const LINE: u64 = 1024;
/// The most requests that may wait; any more are refused.
const WAITING: usize = 64;
/// How often a connection checks that its client is still there.
const LOOK: Duration = Duration::from_millis(10);

/// Serves until `stop` is set and another client connects.
pub fn serve(listener: &TcpListener, solver: &Solver, classes: usize, stop: &AtomicBool) {
    let (queue, jobs) = mpsc::sync_channel(WAITING);
    thread::scope(|scope| {
        scope.spawn(move || solver.run(&jobs));
        // Dropped at the end of this closure. The last connection then closes the queue and ends the solver.
        let queue = queue;
        for stream in listener.incoming() {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let queue = queue.clone();
            scope.spawn(move || {
                let served = stream.and_then(|stream| Connection { stream, queue, classes }.serve());
                if let Err(error) = served {
                    println!("lost a connection: {error}");
                }
            });
        }
    });
}

struct Connection {
    stream: TcpStream,
    queue: SyncSender<Job>,
    classes: usize,
}

impl Connection {
    /// Answers line by line, until the client disconnects or sends something that is not a line.
    fn serve(&self) -> io::Result<()> {
        let mut lines = BufReader::new(&self.stream);
        loop {
            let mut line = String::new();
            if lines.by_ref().take(LINE).read_line(&mut line)? == 0 {
                return Ok(());
            }
            if !line.ends_with('\n') {
                return self.send(&Reply::refused(format!("a request is a line of at most {LINE} bytes")));
            }
            match Request::read(line.trim_end(), self.classes) {
                Err(error) => self.send(&Reply::refused(error))?,
                Ok(request) => match self.answer(request)? {
                    Some(reply) => self.send(&reply)?,
                    None => return Ok(()),
                },
            }
        }
    }

    /// The reply to a request, or none if the client disconnects first.
    fn answer(&self, request: Request) -> io::Result<Option<Reply>> {
        let (reply, replies) = mpsc::channel();
        let (arrived, within) = (Instant::now(), request.within);
        let cancelled = Arc::new(AtomicBool::new(false));
        let job = Job { request, arrived, cancelled: cancelled.clone(), reply };
        if let Err(TrySendError::Full(_)) = self.queue.try_send(job) {
            return Ok(Some(Reply::refused(format!("busy: {WAITING} requests are waiting"))));
        }
        let reply = self.wait(&replies, within, arrived + Duration::from_millis(within));
        // This has no effect on a job that is done.
        cancelled.store(true, Ordering::Relaxed);
        reply
    }

    fn wait(&self, replies: &Receiver<Reply>, within: u64, end: Instant) -> io::Result<Option<Reply>> {
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match replies.recv_timeout(left.min(LOOK)) {
                Ok(reply) => return Ok(Some(reply)),
                Err(RecvTimeoutError::Disconnected) => {
                    return Ok(Some(Reply::refused("the solver has stopped")));
                }
                Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                    return Ok(Some(Reply::refused(format!("not done within {within} milliseconds"))));
                }
                Err(RecvTimeoutError::Timeout) if self.has_hung_up()? => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Whether the client has closed its end.
    fn has_hung_up(&self) -> io::Result<bool> {
        self.stream.set_nonblocking(true)?;
        let seen = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false)?;
        Ok(match seen {
            Ok(bytes) => bytes == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        })
    }

    fn send(&self, reply: &Reply) -> io::Result<()> {
        let line = serde_json::to_string(reply)? + "\n";
        (&self.stream).write_all(line.as_bytes())
    }
}
