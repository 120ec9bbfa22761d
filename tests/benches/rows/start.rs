//! From the start of a process to its first answer, and the memory it holds when idle.

use super::platform;
use crate::Programs;
use crate::support::Fallible;
use crate::support::server::{Folder, Program, free_port};
use crate::support::table::{Row, Table, median, millis, ratio};
use crate::support::wire::Wire;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const STARTS: usize = 15;
const IDLE: Duration = Duration::from_secs(1);

pub(crate) fn measure(programs: &Programs, table: &mut Table) -> Fallible<()> {
    let (one, all) = (Folder::new("start-one")?, Folder::new("start-all")?);
    let hello = |port: u16| Program::new(&programs.hello).argument(port);
    let single = |port: u16| platform(&programs.single, &one, port);
    let whole = |port: u16| platform(&programs.all, &all, port);
    let cloud = |port: u16| in_the_cloud(platform(&programs.all, &all, port));
    // The first start makes the data, the second finds the files read.
    for _ in 0..2 {
        let _ = (start(&hello)?, start(&single)?, start(&whole)?, start(&cloud)?);
    }
    let (mut bare, mut singles, mut wholes, mut clouds) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        bare.push(start(&hello)?);
        singles.push(start(&single)?);
        wholes.push(start(&whole)?);
        clouds.push(start(&cloud)?);
    }
    let (bare, single_time, whole_time) = (median(&mut bare), median(&mut singles), median(&mut wholes));
    table.add(Row {
        name: format!("cold start, one function (fastest {})", millis(singles[0])),
        measured: millis(single_time),
        yardstick: millis(bare),
        ratio: Some(ratio(single_time, bare)),
        target: "≤ 3x hello, ≤ 8 ms",
        met: ratio(single_time, bare) <= 3.0 && single_time <= Duration::from_millis(8),
    });
    table.add(Row {
        name: format!("cold start, all functions (fastest {})", millis(wholes[0])),
        measured: millis(whole_time),
        yardstick: millis(bare),
        ratio: Some(ratio(whole_time, bare)),
        target: "≤ 8x hello",
        met: ratio(whole_time, bare) <= 8.0,
    });

    let cloud_time = median(&mut clouds);
    table.add(Row {
        name: format!("cold start, all functions over Azure (fastest {})", millis(clouds[0])),
        measured: millis(cloud_time),
        yardstick: millis(whole_time),
        ratio: Some(ratio(cloud_time, whole_time)),
        target: "≤ 1.3x embedded",
        met: ratio(cloud_time, whole_time) <= 1.3,
    });

    let mut uncached = Vec::new();
    let mut bare_uncached = Vec::new();
    for _ in 0..STARTS {
        evict(&programs.hello)?;
        bare_uncached.push(start(&hello)?);
        evict(&programs.single)?;
        uncached.push(start(&single)?);
    }
    let (uncached, bare_uncached) = (median(&mut uncached), median(&mut bare_uncached));
    table.add(Row {
        name: "cold start, one function, file not in memory".into(),
        measured: millis(uncached),
        yardstick: millis(bare_uncached),
        ratio: Some(ratio(uncached, bare_uncached)),
        target: "≤ 25 ms",
        met: uncached <= Duration::from_millis(25),
    });

    for (name, program, most, target) in [
        ("idle memory, one function", &single as &dyn Fn(u16) -> Program, 12.0, "≤ 12 MiB"),
        ("idle memory, all functions", &whole, 25.0, "≤ 25 MiB"),
    ] {
        let (resident, bare) = (resident(program)?, resident(&hello)?);
        table.add(Row {
            name: name.into(),
            measured: format!("{resident:.1} MiB"),
            yardstick: format!("{bare:.1} MiB"),
            ratio: Some(resident / bare),
            target,
            met: resident <= most,
        });
    }
    Ok(())
}

/// Everything kept in Azure, at addresses where nobody listens: a start calls none of them.
fn in_the_cloud(program: Program) -> Program {
    let nobody = "https://127.0.0.1:9";
    program
        .setting("COSMOS_ENDPOINT", nobody)
        .setting("AZURE_STORAGE_QUEUE_ENDPOINT", nobody)
        .setting("AZURE_STORAGE_BLOB_ENDPOINT", nobody)
        .setting("AZURE_OPENAI_ENDPOINT", nobody)
}

fn start(program: &dyn Fn(u16) -> Program) -> Fallible<Duration> {
    let port = free_port()?;
    program(port).spawn(port)?.wait_until_ready()
}

fn resident(program: &dyn Fn(u16) -> Program) -> Fallible<f64> {
    let port = free_port()?;
    let server = program(port).spawn(port)?;
    server.wait_until_ready()?;
    Wire::connect(port)?.get("/api/v1/auth/me")?;
    std::thread::sleep(IDLE);
    server.resident()
}

/// Drops the file from the page cache (`posix_fadvise(DONTNEED)` through dd).
fn evict(path: &Path) -> Fallible<()> {
    let target = format!("of={}", path.display());
    let flags = ["oflag=nocache", "conv=notrunc,fdatasync", "count=0"];
    let evicted =
        Command::new("dd").arg(target).args(flags).stderr(Stdio::null()).stdin(Stdio::null()).status()?;
    if evicted.success() { Ok(()) } else { Err("dd could not drop the file from memory".into()) }
}
