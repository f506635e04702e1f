//! Says on the local network that the server is there, so that Home Assistant finds it: `_ruview._tcp.local.`.
//!
//! Whoever listens on this machine only has nothing to say to the network, and says nothing unless asked to.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};
use ruview_bfld::policy::Terms;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};
use uuid::Uuid;

use crate::api;
use crate::mqtt::TermsNow;

/// The kind of service.
const SERVICE: &str = "_ruview._tcp.local.";
/// Time for a good-bye to get through.
const GOOD_BYE: Duration = Duration::from_millis(500);
/// How often it is looked whether the announcement still tells the truth.
const CHECK: Duration = Duration::from_secs(2);

/// Options of the announcement.
#[derive(Debug, Clone, Args)]
pub struct MdnsArgs {
    /// Tell the local network over mDNS that this server is there; auto: where it listens to more than this machine.
    #[arg(long, value_name = "WHEN", env = "RUVIEW_MDNS", default_value = "auto")]
    pub mdns: Announce,
}

/// When the server is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Announce {
    /// Where others can reach it.
    Auto,
    /// In any case.
    On,
    /// Never.
    Off,
}

impl MdnsArgs {
    /// Whether a server that listens at `address` is announced.
    fn announces(&self, address: SocketAddr) -> bool {
        match self.mdns {
            Announce::Auto => !address.ip().is_loopback(),
            Announce::On => true,
            Announce::Off => false,
        }
    }
}

/// Who is announced.
pub(crate) struct Announced {
    pub(crate) server_id: Uuid,
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    pub(crate) terms: TermsNow,
}

/// An announcement that stands until it is taken back.
pub(crate) struct Announcement {
    daemon: ServiceDaemon,
    full_name: String,
    refreshing: JoinHandle<()>,
}

/// Announces a server; `None` where the options do not want it or the network does not let us, which is no reason not to
/// serve those who know the address.
pub(crate) fn announce(args: &MdnsArgs, announced: Announced) -> Option<Announcement> {
    if !args.announces(announced.address) {
        return None;
    }
    match begin(announced) {
        Ok(announcement) => Some(announcement),
        Err(error) => {
            tracing::warn!(%error, "the server cannot be announced over mDNS");
            None
        }
    }
}

fn begin(announced: Announced) -> Result<Announcement, mdns_sd::Error> {
    let daemon = ServiceDaemon::new()?;
    if !announced.address.ip().is_loopback() {
        daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
    }
    let terms = (announced.terms)();
    let service = announced.service(terms)?;
    let full_name = service.get_fullname().to_owned();
    daemon.register(service)?;
    tracing::info!(name = %full_name, "announced over mDNS");
    let refreshing = tokio::spawn(refresh(daemon.clone(), announced, terms));
    Ok(Announcement { daemon, full_name, refreshing })
}

/// Announces again when the privacy class has changed.
async fn refresh(daemon: ServiceDaemon, announced: Announced, mut told: Terms) {
    let mut check = interval(CHECK);
    check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        check.tick().await;
        let now = (announced.terms)();
        if now.class != told.class {
            let again = announced.service(now).and_then(|service| daemon.register(service));
            if let Err(error) = again {
                tracing::warn!(%error, "the new privacy class cannot be announced over mDNS");
            }
            told = now;
        }
    }
}

impl Announced {
    fn service(&self, terms: Terms) -> Result<ServiceInfo, mdns_sd::Error> {
        let id = self.server_id.to_string();
        let host = format!("ruview-{}.local.", &id[..8]);
        let class = terms.class.as_u8().to_string();
        let api = api::API.to_string();
        let txt = [("id", id.as_str()), ("api", &api), ("version", api::VERSION), ("privacy_class", &class)];
        let port = self.address.port();
        // Names of services are at most 63 octets long.
        let name: String = self.name.chars().filter(|c| !c.is_control() && *c != '.').take(15).collect();
        let name = format!("{name} {}", &id[..8]);
        Ok(match self.address.ip() {
            ip if ip.is_unspecified() => {
                let service = ServiceInfo::new(SERVICE, &name, &host, "", port, &txt[..])?.enable_addr_auto();
                if ip.is_ipv4() { only(service, vec![IfKind::IPv4]) } else { service }
            }
            ip => only(ServiceInfo::new(SERVICE, &name, &host, ip, port, &txt[..])?, vec![IfKind::Addr(ip)]),
        })
    }
}

fn only(mut service: ServiceInfo, interfaces: Vec<IfKind>) -> ServiceInfo {
    service.set_interfaces(interfaces);
    service
}

impl Announcement {
    /// Says good-bye, so that nobody offers a server that is gone.
    pub(crate) async fn take_back(self) {
        self.refreshing.abort();
        let gone = async {
            if let Ok(gone) = self.daemon.unregister(&self.full_name) {
                let _ = gone.recv_async().await;
            }
            if let Ok(ended) = self.daemon.shutdown() {
                let _ = ended.recv_async().await;
            }
        };
        if timeout(GOOD_BYE, gone).await.is_err() {
            tracing::debug!("the good-bye over mDNS took too long");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_serves_this_machine_only_is_silent() {
        let announces = |when, address: &str| MdnsArgs { mdns: when }.announces(address.parse().unwrap());
        assert!(!announces(Announce::Auto, "127.0.0.1:3000") && !announces(Announce::Auto, "[::1]:3000"));
        assert!(announces(Announce::Auto, "0.0.0.0:3000") && announces(Announce::Auto, "192.168.1.2:3000"));
        assert!(announces(Announce::On, "127.0.0.1:3000") && !announces(Announce::Off, "0.0.0.0:3000"));
    }
}
