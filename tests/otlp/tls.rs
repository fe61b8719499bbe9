//! Certificates and keys.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    fs::write(&file, text).expect("a file");
    file.into_os_string().into_string().expect("UTF-8")
}

#[test]
fn https_is_trusted_by_the_systems_certificates_alone() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let folder = folder("otlp-certificates");
    let system = |name: &str, certificates: String| write(&folder, name, &certificates);
    let with_it = system("own.pem", own.cert.pem());
    let without_it = system("other.pem", other.cert.pem());
    let without_any = system("empty.pem", String::new());

    for protocol in ["http/protobuf", "grpc"] {
        for (certificates, is_trusted) in [(&with_it, true), (&without_it, false)] {
            let receiver = match protocol {
                "grpc" => Receiver::grpc(Some(&own)),
                _ => Receiver::https(&own),
            };
            let url = format!("https://{}", receiver.authority());
            let certificates = ("SSL_CERT_FILE", certificates.as_str());
            let variables = [SERVICE, (PROTOCOL, protocol), (ENDPOINT, &url), certificates];
            let outcome = run("multi-threaded", &variables);
            let arrived = outcome.says("shutdown") == "Ok(())";
            assert_eq!(arrived, is_trusted, "{protocol}: {}", outcome.output);
            if is_trusted {
                assert_two_services(&receiver, protocol);
            } else {
                assert!(receiver.exports().is_empty());
            }
        }
        let certificates = ("SSL_CERT_FILE", without_any.as_str());
        let variables = [(PROTOCOL, protocol), (ENDPOINT, "https://localhost:1"), certificates];
        let outcome = run("fail", &variables);
        let error = outcome.says("error");
        assert!(error.starts_with("no root certificates to check an https endpoint with: "), "{error}");
        assert!(
            error.ends_with(
                "install the system's, or set OTEL_EXPORTER_OTLP_CERTIFICATE or SSL_CERT_FILE to a file of them"
            ),
            "{error}"
        );
        let printed = outcome.says("as main prints it");
        assert!(printed.strip_prefix(error).is_some_and(|cause| cause.starts_with(": ")), "{printed}");
    }
}

/// A certificate of an authority that no system knows, and a client that has to show one.
#[test]
fn certificates_and_keys_are_those_of_the_variables() {
    let server = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let client = rcgen::generate_simple_self_signed(["client".to_owned()]).expect("a certificate");
    let folder = folder("otlp-own-certificates");
    let roots = write(&folder, "roots.pem", &server.cert.pem());
    let certificate = write(&folder, "client.pem", &client.cert.pem());
    let key = write(&folder, "client.key", &client.signing_key.serialize_pem());
    let empty = write(&folder, "empty.pem", "");

    let trusted = ("OTEL_EXPORTER_OTLP_CERTIFICATE", roots.as_str());
    let shown = [
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", certificate.as_str()),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", key.as_str()),
    ];
    for protocol in ["http/protobuf", "grpc"] {
        for (variables, arrives) in
            [(&[trusted, shown[0], shown[1]][..], true), (&[trusted], false), (&[shown[0], shown[1]], false)]
        {
            let receiver = match protocol {
                "grpc" => Receiver::grpc_for(&server, &client),
                _ => Receiver::https_for(&server, &client),
            };
            let url = format!("https://{}", receiver.authority());
            // The system's are others.
            let system = ("SSL_CERT_FILE", certificate.as_str());
            let common = [SERVICE, (PROTOCOL, protocol), (ENDPOINT, &url), system];
            let outcome = run("multi-threaded", &[&common[..], variables].concat());
            assert_eq!(outcome.says("shutdown") == "Ok(())", arrives, "{protocol}: {}", outcome.output);
            assert_eq!(receiver.exports().is_empty(), !arrives, "{protocol} {variables:?}");
        }
        for (name, path, reason) in [
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere.pem", "can't be read: No such file or directory (os error 2)"),
            ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", &empty, "has no certificate"),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", &empty, "has no private key"),
        ] {
            let common = [trusted, shown[0], shown[1], (PROTOCOL, protocol), (ENDPOINT, "https://localhost:1")];
            let outcome = run("fail", &[&common[..], &[(name, path)]].concat());
            let expected = format!("environment variable {name} should be the path of a PEM file: {path:?} {reason}");
            assert_eq!(outcome.says("error"), expected);
        }
    }
}
