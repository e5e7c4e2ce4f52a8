//! Clients for `--quick`, in the process of the server.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use crate::{
    common::Result,
    protocol::{MAX_ROWS, Reply},
};

/// Sends requests that the server should answer, and some that it should not.
pub fn ask(server: SocketAddr) -> Result<()> {
    let request = |seed| format!(r#"{{"seed": {seed}, "rows": {}, "label": {seed}}}"#, 1 + 20 * seed);
    let together = thread::scope(|scope| {
        let clients: Vec<_> =
            (0..6).map(|seed| scope.spawn(move || rows(server, &request(seed)).map_err(text))).collect();
        clients.into_iter().map(|client| client.join().expect("a client does not panic")).collect::<Vec<_>>()
    });
    for (seed, rows) in together.into_iter().enumerate() {
        if rows? != self::rows(server, &request(seed))? {
            return Err(format!("seed {seed} gets different samples the second time").into());
        }
    }
    println!("6 seeds at once, then one by one: the same samples, bit for bit");

    for request in [
        r#"{"seed": 1, "rows": 0}"#,
        r#"{"seed": 1, "label": 10}"#,
        r#"{"seed": "one"}"#,
        r#"{"seed": 1, "colour": "red"}"#,
        &format!(r#"{{"seed": 1, "rows": {MAX_ROWS}, "within": 1}}"#),
    ] {
        match reply(server, request)? {
            Reply::Refused { error } => println!("{request}\n    {error}"),
            Reply::Samples { .. } => return Err(format!("{request} was answered").into()),
        }
    }

    // A client that disconnects in the middle of a solve.
    let mut stream = TcpStream::connect(server)?;
    writeln!(stream, r#"{{"seed": 1, "rows": {MAX_ROWS}}}"#)?;
    thread::sleep(Duration::from_millis(50));
    drop(stream);
    rows(server, &request(0))?;
    println!("a client disconnected, and the next one got its samples");
    Ok(())
}

fn rows(server: SocketAddr, request: &str) -> Result<Vec<Vec<u32>>> {
    match reply(server, request)? {
        Reply::Samples { rows, .. } => Ok(rows.into_iter().map(bits).collect()),
        Reply::Refused { error } => Err(format!("{request}: {error}").into()),
    }
}

fn reply(server: SocketAddr, request: &str) -> Result<Reply> {
    let mut stream = TcpStream::connect(server)?;
    writeln!(stream, "{request}")?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

fn bits(row: Vec<f32>) -> Vec<u32> {
    row.into_iter().map(f32::to_bits).collect()
}

fn text(error: impl ToString) -> String {
    error.to_string()
}
