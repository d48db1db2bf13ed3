//! A loopback proxy whose link can be cut and mended: a network fault between two servers.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::must::Must;

/// How often the accepting thread looks whether it is to end.
const BREATH: Duration = Duration::from_millis(20);

/// A proxy in front of one address.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    ended: AtomicBool,
    cut: AtomicBool,
    sockets: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Starts one in front of `target` (`host:port`).
    ///
    /// # Panics
    /// When no port can be had.
    pub fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").must("a port for a proxy");
        listener.set_nonblocking(true).must("a listening socket");
        let port = listener.local_addr().must("the address of a socket").port();
        let shared = Arc::new(Shared::default());
        let (state, target) = (shared.clone(), target.to_owned());
        std::thread::spawn(move || accept(&listener, &target, &state));
        Self { port, shared }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Closes all connections, and every new one at once.
    pub fn cut(&self) {
        self.shared.cut.store(true, Ordering::SeqCst);
        self.shared.close_all();
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.shared.cut.store(false, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.shared.close_all();
    }
}

impl Shared {
    fn close_all(&self) {
        let mut sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        for socket in sockets.drain(..) {
            // it may be closed already
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    fn keep(&self, socket: &TcpStream) -> io::Result<()> {
        let copy = socket.try_clone()?;
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner).push(copy);
        Ok(())
    }
}

fn accept(listener: &TcpListener, target: &str, shared: &Arc<Shared>) {
    while !shared.ended.load(Ordering::SeqCst) {
        match listener.accept() {
            Ok((client, _)) if !shared.cut.load(Ordering::SeqCst) => {
                // a target that refuses looks to the client like a cut link
                let _ = join(&client, target, shared);
            }
            Ok((client, _)) => drop(client),
            Err(_) => std::thread::sleep(BREATH),
        }
    }
}

fn join(client: &TcpStream, target: &str, shared: &Arc<Shared>) -> io::Result<()> {
    client.set_nonblocking(false)?;
    let server = TcpStream::connect(target)?;
    shared.keep(client)?;
    shared.keep(&server)?;
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    let (from_server, to_client) = (server, client.try_clone()?);
    std::thread::spawn(move || copy(from_client, to_server));
    std::thread::spawn(move || copy(from_server, to_client));
    Ok(())
}

/// Copies until one side ends, then tells the other.
fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count) = from.read(&mut buffer) {
        if count == 0 || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
