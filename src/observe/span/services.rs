//! Which service the gateway of a host is.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use super::service_names::ServiceNames;
use crate::hints;
use crate::request::{Host, ProxyRequest};

/// What the operator said of hosts, and the limit for all others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Services {
    /// By the host's name: the port that it must have, if any, and the service. The first one counts.
    mapped: HashMap<String, Vec<(Option<u16>, String)>>,
    /// Names that the operator listed never count against the limit, so that nobody can crowd them out.
    listed: HashSet<String>,
    /// Shared by the clones of a layer.
    others: Arc<ServiceNames>,
}

impl Services {
    /// Adds a mapping, which takes precedence over those before it.
    pub(crate) fn map(&mut self, host: &Host<'_>, service: String) {
        self.mapped.entry(host.name().to_owned()).or_default().insert(0, (host.port(), service));
    }

    pub(crate) fn list<'h>(&mut self, hosts: impl Iterator<Item = &'h Host<'static>>) {
        self.listed = hosts.map(|host| host.name().to_owned()).collect();
    }

    /// Starts to count anew, up to `max`.
    pub(crate) fn limit(&mut self, max: usize) {
        self.others = Arc::new(ServiceNames::at_most(max));
    }

    /// The service of the gateway that sent the request.
    pub(super) fn of_request<'a>(&'a self, request: &'a ProxyRequest<'_>, now: Instant) -> Option<Cow<'a, str>> {
        request.host().and_then(|host| self.of(host, now))
    }

    /// What the host is mapped to, else its name, unless there are too many: then the span has the application's
    /// service.
    fn of<'a>(&'a self, host: &'a Host<'_>, now: Instant) -> Option<Cow<'a, str>> {
        let name = host.name();
        let mapped = self.mapped.get(name).and_then(|services| services.iter().find(|(port, _)| host.is_at(*port)));
        if let Some((_, service)) = mapped {
            return Some(service.into());
        }
        let is_admitted = self.listed.contains(name) || self.others.admit(name, now);
        if !is_admitted {
            hints::too_many_services();
        }
        is_admitted.then_some(name.into())
    }
}
