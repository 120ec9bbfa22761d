//! Ordinary requests: reading oneself, a list, creating; and signing in beside them.

use super::{bare_hello, by_hand, platform};
use crate::Programs;
use crate::support::Fallible;
use crate::support::load::{self, Outcome};
use crate::support::people::{self, Person, text};
use crate::support::server::{Folder, Server, free_port};
use crate::support::table::{Row, Table, micros, millis, percentile, ratio};
use crate::support::wire::{Wire, request};
use serde_json::{Value, json};
use std::time::Duration;

/// Signed-in people may ask a thousand times an hour: the load is spread over several.
const PEOPLE: usize = 16;
const ROUNDS: u32 = 4;
const LOGINS: usize = 20;

pub(crate) fn measure(programs: &Programs, table: &mut Table) -> Fallible<()> {
    let (data, hand_data) = (Folder::new("requests")?, Folder::new("by-hand")?);
    let port = free_port()?;
    let office = Office::open(platform(&programs.all, &data, port).serve(port)?)?;
    let hello = bare_hello(&programs.hello)?;
    let hand = Hand::start(by_hand(&programs.by_hand, &hand_data, 9)?, &office)?;
    me(&office, &hello, &hand, table)?;
    list(&office, &hand, table)?;
    create(&office, &hand, table)?;
    logins(&office, table)
}

/// The platform with people, each with an organisation; the first one's has a hundred applications.
struct Office {
    server: Server,
    people: Vec<Person>,
    /// Of each person.
    organisations: Vec<String>,
}

impl Office {
    fn open(server: Server) -> Fallible<Self> {
        let mut wire = Wire::connect(server.port)?;
        let people = Person::many(&mut wire, 0, PEOPLE + 1)?;
        let organisations = people.iter().map(|person| person.found(&mut wire)).collect::<Fallible<_>>()?;
        let rita = &people[0];
        let job = rita.post(&mut wire, "/jobs", &people::job("Welder"))?;
        rita.post(&mut wire, &format!("/jobs/{}/publish", text(&job["id"])?), &json!({}))?;
        for number in 0..100 {
            let candidate = rita.post(&mut wire, "/candidates", &people::candidate(number))?;
            rita.post(&mut wire, "/applications", &people::application(&job, &candidate))?;
        }
        Ok(Self { server, people, organisations })
    }

    /// Everybody but the first.
    fn others(&self) -> &[Person] {
        &self.people[1..]
    }
}

/// The hand-written server with the same people and rows.
struct Hand {
    server: Server,
    /// Of each person.
    tokens: Vec<String>,
}

const HAND_ADDRESS: &str = "10.0.0.1";

impl Hand {
    fn start(server: Server, office: &Office) -> Fallible<Self> {
        let (mut ours, mut theirs) = (Wire::connect(office.server.port)?, Wire::connect(server.port)?);
        let keep = |wire: &mut Wire, table: &str, organisation: &str, id: &str, body: &Value| {
            let path = format!("/keep/{table}/{organisation}/{id}");
            wire.send(&request("POST", &path, None, HAND_ADDRESS, Some(body))).map(drop)
        };
        let mut tokens = Vec::new();
        for (person, organisation) in office.people.iter().zip(&office.organisations) {
            keep(&mut theirs, "person", organisation, &person.id, &person.get(&mut ours, "/auth/me")?)?;
            let token = theirs.get(&format!("/token/{}/{organisation}", person.id))?;
            tokens.push(String::from_utf8(token.body)?);
        }
        let list = office.people[0].get(&mut ours, "/applications?limit=100")?;
        let items = list["items"]
            .as_array()
            .filter(|items| items.len() == 100)
            .ok_or("not a hundred applications")?;
        for item in items {
            keep(&mut theirs, "application", &office.organisations[0], &text(&item["id"])?, item)?;
        }
        Ok(Self { server, tokens })
    }

    /// What everybody but the first asks.
    fn others_ask(&self, method: &str, path: &str, body: Option<&Value>) -> impl Iterator<Item = Vec<u8>> {
        self.tokens[1..].iter().map(move |token| request(method, path, Some(token), HAND_ADDRESS, body))
    }
}

/// Runs both in turns; gives the processor time of one request of each, the first round being practice.
fn in_turns(
    mut ours: impl FnMut() -> Fallible<Outcome>,
    mut theirs: impl FnMut() -> Fallible<Outcome>,
) -> Fallible<(Vec<Outcome>, Vec<Outcome>)> {
    let (mut mine, mut yours) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (one, other) = (ours()?, theirs()?);
        if round > 0 {
            mine.push(one);
            yours.push(other);
        }
    }
    Ok((mine, yours))
}

fn cpu_each(outcomes: &[Outcome]) -> Duration {
    let mut times: Vec<_> = outcomes.iter().map(Outcome::cpu_each).collect();
    percentile(&mut times, 0.5)
}

fn me(office: &Office, hello: &Server, hand: &Hand, table: &mut Table) -> Fallible<()> {
    const EACH: usize = 80;
    let mine = || {
        let requests = office.others().iter().map(|person| vec![person.asks("GET", "/auth/me", None); EACH]);
        load::run(&office.server, requests.collect(), 200)
    };
    let greeting = request("GET", "/", None, HAND_ADDRESS, None);
    let bare = || load::run(hello, vec![vec![greeting.clone(); EACH]; PEOPLE], 200);
    let (ours, hellos) = in_turns(mine, bare)?;
    let asked = hand.others_ask("GET", "/me", None).map(|request| vec![request; EACH]);
    let by_hand = load::run(&hand.server, asked.collect(), 200)?;
    let (ours, hellos) = (cpu_each(&ours), cpu_each(&hellos));
    table.add(Row {
        name: format!("who am I, processor a request (by hand {})", micros(by_hand.cpu_each())),
        measured: micros(ours),
        yardstick: micros(hellos),
        ratio: Some(ratio(ours, hellos)),
        target: "≤ 3x hello",
        met: ratio(ours, hellos) <= 3.0,
    });
    Ok(())
}

fn list(office: &Office, hand: &Hand, table: &mut Table) -> Fallible<()> {
    const EACH: usize = 25;
    let same = |request: Vec<u8>| vec![vec![request; EACH]; 4];
    let rita = &office.people[0];
    let by_hand = request("GET", "/applications", Some(&hand.tokens[0]), HAND_ADDRESS, None);
    let (ours, theirs) = in_turns(
        || load::run(&office.server, same(rita.asks("GET", "/applications?limit=100", None)), 200),
        || load::run(&hand.server, same(by_hand.clone()), 200),
    )?;
    let (ours, theirs) = (cpu_each(&ours), cpu_each(&theirs));
    table.add(Row {
        name: "list of 100 applications, processor a request".into(),
        measured: micros(ours),
        yardstick: micros(theirs),
        ratio: Some(ratio(ours, theirs)),
        target: "≤ 1.5x by hand",
        met: ratio(ours, theirs) <= 1.5,
    });
    Ok(())
}

fn create(office: &Office, hand: &Hand, table: &mut Table) -> Fallible<()> {
    const EACH: usize = 100;
    let job = people::job("Welder");
    let (ours, theirs) = in_turns(
        || {
            let requests =
                office.others().iter().map(|person| vec![person.asks("POST", "/jobs", Some(&job)); EACH]);
            load::run(&office.server, requests.collect(), 201)
        },
        || {
            let requests = hand.others_ask("POST", "/jobs", Some(&job)).map(|request| vec![request; EACH]);
            load::run(&hand.server, requests.collect(), 201)
        },
    )?;
    let rate = |outcomes: &[Outcome]| outcomes.iter().map(Outcome::per_second).fold(0.0, f64::max);
    let share = rate(&ours) / rate(&theirs);
    table.add(Row {
        name: format!(
            "create a job, {PEOPLE} at once ({} a commit, by hand {})",
            micros(cpu_each(&ours)),
            micros(cpu_each(&theirs))
        ),
        measured: format!("{:.0} /s", rate(&ours)),
        yardstick: format!("{:.0} /s", rate(&theirs)),
        ratio: Some(share),
        target: "≥ 0.6x by hand",
        met: share >= 0.6,
    });
    Ok(())
}

/// Twenty people sign in at once while one asks who they are, over and over.
fn logins(office: &Office, table: &mut Table) -> Fallible<()> {
    let everybody: Vec<_> = office.people.iter().cycle().take(LOGINS).map(Person::login).collect();
    let mut wires = Vec::new();
    for _ in 0..LOGINS {
        wires.push(Wire::connect(office.server.port)?);
    }
    let mut wire = Wire::connect(office.server.port)?;
    let asks = office.people[1].asks("GET", "/auth/me", None);
    wire.send(&asks)?.json()?;
    let threads = wires.into_iter().zip(everybody);
    let threads: Vec<_> = threads
        .map(|(mut wire, login)| load::spawn(move || wire.send(&login).and_then(|answer| answer.json())))
        .collect::<Fallible<_>>()?;
    let mut latencies = Vec::new();
    while threads.iter().any(|thread| !thread.is_finished()) {
        let sent = std::time::Instant::now();
        wire.send(&asks)?;
        latencies.push(sent.elapsed());
        std::thread::sleep(Duration::from_millis(5));
    }
    for thread in threads {
        thread.join().map_err(|_| "a client panicked")??;
    }
    let worst = percentile(&mut latencies, 0.99);
    table.add(Row {
        name: format!("who am I beside {LOGINS} logins, p99 of {}", latencies.len()),
        measured: millis(worst),
        yardstick: "-".into(),
        ratio: None,
        target: "< 20 ms",
        met: worst < Duration::from_millis(20),
    });
    Ok(())
}
