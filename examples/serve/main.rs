//! A service: it loads a saved flow and draws samples for clients over TCP, one JSON object per line. With
//! `--quick` it starts, answers a few requests of its own and stops.
//!
//! ```text
//! cargo run --release --example save_load
//! cargo run --release --example serve -- [--port N] [--quick]
//! ```
//!
//! From another shell (bash):
//!
//! ```text
//! exec 3<>/dev/tcp/127.0.0.1/7878
//! echo '{"seed": 7, "rows": 2, "label": 3}' >&3; head -n 1 <&3
//! ```

mod clients;
#[path = "../common/mod.rs"]
mod common;
mod protocol;
#[path = "../common/saved.rs"]
mod saved;
mod server;
mod solver;

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use saved::{DigitFlow, FOLDER};
use solver::Solver;

/// `--port N` and `--quick`.
struct Options {
    port: u16,
    quick: bool,
}

fn main() -> common::Result<()> {
    let options = Options::from_args()?;
    let flow = flow()?;
    let (solver, classes) = (Solver::new(&flow)?, flow.settings.classes);
    let listener = TcpListener::bind(("127.0.0.1", options.port))
        .map_err(|error| format!("port {}: {error}", options.port))?;
    let (address, stop) = (listener.local_addr()?, AtomicBool::new(false));
    println!("listening on {address}");
    thread::scope(|scope| {
        let server = scope.spawn(|| server::serve(&listener, &solver, classes, &stop));
        if options.quick {
            // In a thread of its own, so that the server is stopped even if a client panics.
            let asked =
                thread::spawn(move || clients::ask(address).map_err(|error| error.to_string())).join();
            stop.store(true, Ordering::Relaxed);
            TcpStream::connect(address)?;
            asked.map_err(|_| "a client panicked")??;
        }
        server.join().expect("a server does not panic");
        println!("stopped");
        Ok(())
    })
}

/// Loads the flow that `save_load` wrote. If there is none, trains one for a few steps and saves it.
fn flow() -> common::Result<DigitFlow> {
    let folder = Path::new(FOLDER);
    if folder.exists() {
        return DigitFlow::load(folder);
    }
    println!("There is no {FOLDER}: training a flow for a few steps.");
    let flow = DigitFlow::train(400, 0)?;
    flow.save(folder)?;
    Ok(flow)
}

impl Options {
    fn from_args() -> common::Result<Self> {
        let (mut port, mut quick) = (None, false);
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => quick = true,
                "--port" => {
                    let value = args.next().ok_or("--port needs a number")?;
                    port = Some(value.parse().map_err(|_| format!("--port needs a number, got {value}"))?);
                }
                other => {
                    return Err(format!("unknown argument {other}; there are --port N and --quick").into());
                }
            }
        }
        // Port 0 stands for any free port.
        Ok(Self { port: port.unwrap_or(if quick { 0 } else { 7878 }), quick })
    }
}
