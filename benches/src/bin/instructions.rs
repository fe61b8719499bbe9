//! What callgrind counts the instructions of.
//!
//! | argument | cases |
//! |---|---|
//! | `own` | floors and layer |
//! | `growth` | the layer, with requests that grow |

use benches::measure::callgrind;
use benches::{growth, suites, telemetry};

fn main() {
    let provider = telemetry::provider();
    telemetry::install(&provider);
    callgrind::watch_all(match callgrind::case_set_argument().as_str() {
        "own" => suites::own(&provider),
        "growth" => growth::cases(&provider),
        set => panic!("no such cases: {set:?}"),
    });
}
