//! That nothing is lost on the way, nor at the end of the process.

use std::time::Duration;

use super::*;
use program::start;

/// `AGGREGATION_TEMPORALITY_DELTA`.
const DELTA: i32 = 1;

/// As an Agent that is restarted.
#[test]
fn a_receiver_that_is_away_for_ten_seconds_loses_nothing() {
    thread::scope(|scope| {
        for protocol in ["http/protobuf", "grpc"] {
            scope.spawn(move || {
                let free = TcpListener::bind("127.0.0.1:0").expect("a port");
                let address = free.local_addr().expect("an address");
                drop(free);
                let url = format!("http://localhost:{}", address.port());
                // Once, while nobody is there.
                let interval = ("OTEL_METRIC_EXPORT_INTERVAL", "1000");
                let temporality = ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta");
                let variables = [SERVICE, (PROTOCOL, protocol), (ENDPOINT, url.as_str()), interval, temporality];
                let mut program = start("patient", &variables);
                // The program exports at once, and waits for a line before it ends.
                thread::sleep(Duration::from_secs(10));
                let receiver = Receiver::speaking_at(protocol, address);
                receiver.wait_for(2);
                program.go_on();
                let outcome = program.end();
                assert_two_services(&receiver, protocol);
                assert_eq!(receiver.sums("orders"), [("orders".to_owned(), DELTA, 3)], "{protocol}");
                for what in ["spans", "metrics"] {
                    assert!(outcome.output.contains(&format!("{what} can't be sent to {url}")), "{}", outcome.output);
                    assert!(outcome.output.contains(&format!("{what} arrive at {url}")), "{}", outcome.output);
                }
                assert!(outcome.milliseconds("request took") < 1_000);
                assert_eq!(outcome.says("shutdown"), "Ok(())");
            });
        }
    });
}

/// ECS and Kubernetes end a process so. The program is that of the documentation.
#[cfg(unix)]
#[test]
fn nothing_is_lost_on_sigterm_and_ctrl_c() {
    for signal in ["TERM", "INT"] {
        for program in ["axum server", "actix server"] {
            if program == "actix server" && !cfg!(feature = "actix-web") {
                continue;
            }
            for protocol in ["http/protobuf", "grpc"] {
                let receiver = Receiver::speaking(protocol);
                let url = receiver.url();
                let mut server = start(program, &[SERVICE, (ENDPOINT, &url), (PROTOCOL, protocol)]);
                let address = server.said("listening");
                for _ in 0..25 {
                    program::ask(&address);
                }
                server.signal(signal);
                server.end();
                assert_eq!(receiver.spans().len(), 50, "{program}, SIG{signal}, {protocol}");
            }
        }
    }
}

/// The process doesn't fail because nobody took its last spans.
#[test]
fn a_guard_that_is_dropped_logs_what_was_lost() {
    let outcome = run("ready", &[SERVICE, (ENDPOINT, "http://localhost:1")]);
    assert!(outcome.output.contains(" WARN apigateway_inferred_span::otlp::guard: the last spans couldn't be sent"));
    assert!(outcome.took < Duration::from_secs(8), "{:?}", outcome.took);
}
