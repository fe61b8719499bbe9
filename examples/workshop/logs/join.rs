//! Which lines of the two logs are of the same request.

use std::collections::HashMap;

use super::Line;

#[derive(Debug, Default)]
pub(crate) struct Joined {
    pub(crate) both: Vec<Pair>,
    /// Requests that never reached the application.
    pub(crate) gateway_only: Vec<Line>,
    /// Lines without a line of the gateway's, and second lines of the same request.
    pub(crate) application_only: Vec<Line>,
}

#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) gateway: Line,
    pub(crate) application: Line,
}

/// Joins the logs on the request's id, in the order of the gateway's.
pub(crate) fn join(gateway: Vec<Line>, application: Vec<Line>) -> Joined {
    let mut joined = Joined::default();
    let mut by_id = HashMap::new();
    for line in application {
        if line.id.is_empty() || by_id.contains_key(&line.id) {
            joined.application_only.push(line);
        } else {
            by_id.insert(line.id.clone(), line);
        }
    }
    for gateway in gateway {
        match by_id.remove(&gateway.id) {
            Some(application) => joined.both.push(Pair { gateway, application }),
            None => joined.gateway_only.push(gateway),
        }
    }
    joined.application_only.extend(by_id.into_values());
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(ids: &[&str]) -> Vec<Line> {
        let lines = ids.iter().map(|id| format!("{{\"extendedRequestId\":\"{id}\"}}\n"));
        Line::all(&lines.collect::<String>()).unwrap()
    }

    fn ids<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Vec<&'a str> {
        lines.into_iter().map(|line| line.id.as_str()).collect()
    }

    #[test]
    fn each_line_is_joined_once() {
        // The gateway's ids, the application's; joined, the gateway's alone, the application's alone.
        for (gateway, application, both, gateway_only, application_only) in [
            (vec!["a", "b"], vec!["b", "a"], vec!["a", "b"], vec![], vec![]),
            (vec!["a", "b"], vec!["b"], vec!["b"], vec!["a"], vec![]),
            (vec!["a"], vec!["a", "a"], vec!["a"], vec![], vec!["a"]),
            (vec!["a", "a"], vec!["a"], vec!["a"], vec!["a"], vec![]),
            (vec![], vec!["a"], vec![], vec![], vec!["a"]),
            (vec!["-"], vec!["-"], vec![], vec![""], vec![""]),
        ] {
            let joined = join(lines(&gateway), lines(&application));
            assert_eq!(ids(joined.both.iter().map(|pair| &pair.gateway)), both);
            assert_eq!(ids(joined.both.iter().map(|pair| &pair.application)), both);
            assert_eq!(ids(&joined.gateway_only), gateway_only);
            assert_eq!(ids(&joined.application_only), application_only);
        }
    }
}
