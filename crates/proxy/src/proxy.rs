//! The proxy as a test holds it: its address, its log, and what it is told to do.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use crate::wire::Message;
use crate::{Answered, Fault, Protocol, Request, connection};

/// A proxy on a free port of this machine. When it is dropped, it and its connections are gone.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Accepts connections and holds them; none while they are refused.
    listening: Mutex<Option<JoinHandle<()>>>,
}

/// What the connections have in common.
pub(crate) struct Shared {
    pub(crate) upstream: String,
    pub(crate) protocol: Protocol,
    /// Tells every connection to end.
    pub(crate) cut: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connections: u64,
    requests: u64,
    /// The requests since the last `clear`, by a number of their own.
    log: Vec<(u64, Request)>,
    errors: Vec<String>,
    rule: Option<Rule>,
    /// How many requests of each operation the rule has seen.
    seen: HashMap<String, usize>,
}

type Rule = Arc<dyn Fn(&Request, usize) -> Fault + Send + Sync>;

impl Proxy {
    /// Starts one before a server: `host:port`, or a URL that begins with it, such as those of `servers`.
    pub async fn start(upstream: &str, protocol: Protocol) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let upstream = host_and_port(upstream).to_owned();
        let shared = Arc::new(Shared { upstream, protocol, cut: Notify::new(), state: Mutex::default() });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, listening: Mutex::new(Some(task)) })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a client wants it: a MongoDB URL that keeps it from going round, or an endpoint.
    pub fn url(&self) -> String {
        match self.shared.protocol {
            Protocol::MongoDb => format!("mongodb://{}/?directConnection=true", self.address),
            Protocol::DynamoDb => format!("http://{}", self.address),
        }
    }

    /// The requests since the start or the last [`Proxy::clear`], in the order in which they came.
    pub fn log(&self) -> Vec<Request> {
        self.shared.state().log.iter().map(|(_, request)| request.clone()).collect()
    }

    /// The names of their operations, without what a driver asks on its own account.
    pub fn operations(&self) -> Vec<String> {
        let state = self.shared.state();
        let requests = state.log.iter().filter(|(_, request)| !request.is_drivers_own());
        requests.map(|(_, request)| request.operation.clone()).collect()
    }

    /// How many connections there have been.
    pub fn connections(&self) -> u64 {
        self.shared.state().connections
    }

    /// What the proxy did not understand or could not do. A test that wonders looks here first.
    pub fn errors(&self) -> Vec<String> {
        self.shared.state().errors.clone()
    }

    /// Forgets the log; the rule stays, and goes on counting.
    pub fn clear(&self) {
        self.shared.state().log.clear();
    }

    /// Does with each request what the rule says, in place of what an earlier one said.
    ///
    /// The rule gets the request and its number, from 1, among those of its operation that this rule has seen.
    pub fn on(&self, rule: impl Fn(&Request, usize) -> Fault + Send + Sync + 'static) {
        let mut state = self.shared.state();
        state.rule = Some(Arc::new(rule));
        state.seen.clear();
    }

    /// Lets every request pass again.
    pub fn pass(&self) {
        self.shared.state().rule = None;
    }

    /// Closes every open connection; new ones are accepted.
    pub fn cut(&self) {
        self.shared.cut.notify_waiters();
    }

    /// Closes every open connection and refuses new ones, as a machine does whose server is down.
    pub async fn refuse(&self) {
        let task = lock(&self.listening).take();
        if let Some(task) = task {
            task.abort();
            // The port is free when the task is gone; that it was ended is what was wanted.
            let _ = task.await;
        }
    }

    /// Accepts connections again, under the same address.
    pub async fn accept(&self) -> io::Result<()> {
        if lock(&self.listening).is_some() {
            return Ok(());
        }
        let listener = TcpListener::bind(self.address).await?;
        let task = tokio::spawn(accept(listener, Arc::clone(&self.shared)));
        *lock(&self.listening) = Some(task);
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(task) = lock(&self.listening).take() {
            task.abort();
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("address", &self.address).finish_non_exhaustive()
    }
}

/// The connections are part of this task, and end with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // Those that have ended are forgotten.
            Some(_) = connections.join_next() => continue,
        };
        if let Ok((stream, _)) = accepted {
            let number = shared.new_connection();
            connections.spawn(connection::serve(stream, number, Arc::clone(&shared)));
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn new_connection(&self) -> u64 {
        let mut state = self.state();
        state.connections += 1;
        state.connections - 1
    }

    /// Writes a request down; gives its number, and what is to be done with it.
    pub(crate) fn record(&self, connection: u64, message: &Message) -> (u64, Fault) {
        let request = Request {
            connection,
            operation: message.operation.clone(),
            target: message.target.clone(),
            body: message.body().to_vec(),
            bytes: message.bytes.len(),
            answered: None,
        };
        let (number, rule) = {
            let mut state = self.state();
            let number = state.requests;
            state.requests += 1;
            state.log.push((number, request.clone()));
            let rule = state.rule.clone();
            let seen = state.seen.entry(request.operation.clone()).or_default();
            *seen += 1;
            (number, rule.map(|rule| (rule, *seen)))
        };
        // Outside the lock: a rule may ask the proxy.
        (number, rule.map_or(Fault::Pass, |(rule, seen)| rule(&request, seen)))
    }

    pub(crate) fn answered(&self, number: u64, answered: Answered) {
        let mut state = self.state();
        if let Some((_, request)) = state.log.iter_mut().rev().find(|(own, _)| *own == number) {
            request.answered = Some(answered);
        }
    }

    pub(crate) fn error(&self, text: String) {
        self.state().errors.push(text);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What stands in a URL between the scheme and the path, without a user.
fn host_and_port(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().unwrap_or(rest);
    host.rsplit('@').next().unwrap_or(host)
}

#[cfg(test)]
mod tests;
