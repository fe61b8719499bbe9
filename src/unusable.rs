//! Settings that can't be used.

use std::sync::Arc;

use crate::said_once::SaidOnce;

/// What is wrong with the settings of a layer: said when a service is made of it, because at the time of a setter there
/// is often no subscriber yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnusableSettings(Vec<Complaint>);

#[derive(Clone, Debug)]
struct Complaint {
    setter: &'static str,
    text: String,
    /// Shared by the clones of a layer: routers make a service for each route, actix-web for each worker.
    said: Arc<SaidOnce>,
}

impl UnusableSettings {
    /// Forgets what was said of an earlier call of the setter, whose value is replaced.
    pub(crate) fn forget(&mut self, setter: &'static str) {
        self.0.retain(|complaint| complaint.setter != setter);
    }

    pub(crate) fn add(&mut self, setter: &'static str, text: String) {
        self.0.push(Complaint { setter, text, said: Arc::new(SaidOnce::new()) });
    }

    pub(crate) fn say(&self) {
        for Complaint { setter, text, said } in &self.0 {
            said.say(|| tracing::warn!("{setter}: {text}"));
        }
    }
}
