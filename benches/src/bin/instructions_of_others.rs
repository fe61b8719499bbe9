//! What callgrind counts the instructions of, as `instructions`; a binary of its own, so that ours are compiled the
//! same with and without them.
//!
//! | argument | cases |
//! |---|---|
//! | `others` | those of others, as far as they need no subscriber |
//! | `subscriber` | those of others that need a subscriber |

use benches::measure::callgrind;
use benches::suites;

fn main() {
    callgrind::watch_all(suites::others(&callgrind::case_set_argument()));
}
