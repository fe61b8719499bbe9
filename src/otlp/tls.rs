//! Certificates and keys for `https` endpoints.

use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt as _;
use rustls::crypto::{ring, CryptoProvider};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use super::error::Error;

/// Paths of PEM files, each with its variable.
#[derive(Clone, Debug, Default)]
pub(crate) struct Certificates {
    /// Root certificates for checking the receiver's, in place of the system's.
    pub(crate) roots: Option<PemFile>,
    /// The client's own, which the receiver checks.
    pub(crate) client: Option<PemFile>,
    pub(crate) client_key: Option<PemFile>,
}

#[derive(Clone, Debug)]
pub(crate) struct PemFile {
    pub(crate) variable: &'static str,
    pub(crate) path: String,
}

/// For HTTP.
pub(super) fn rustls_config(certificates: &Certificates) -> Result<ClientConfig, Error> {
    // rustls' own choice panics if two crates have enabled two providers.
    let provider = CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(ring::default_provider()));
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| Error::Certificates(error.into()))?;
    let config = match &certificates.roots {
        None => config.with_native_roots().map_err(|error| Error::Certificates(error.into()))?,
        Some(file) => {
            let mut roots = RootCertStore::empty();
            for certificate in file.certificates()? {
                roots.add(certificate).map_err(|error| file.invalid(&error))?;
            }
            config.with_root_certificates(roots)
        }
    };
    match (&certificates.client, &certificates.client_key) {
        (Some(client), Some(key)) => {
            let config = config.with_client_auth_cert(client.certificates()?, key.key()?);
            config.map_err(|error| key.invalid(&error))
        }
        _ => Ok(config.with_no_client_auth()),
    }
}

/// For gRPC.
pub(super) fn tonic_config(certificates: &Certificates) -> Result<ClientTlsConfig, Error> {
    let config = match &certificates.roots {
        None => ClientTlsConfig::new().with_enabled_roots(),
        Some(file) => {
            file.certificates()?;
            ClientTlsConfig::new().ca_certificate(Certificate::from_pem(file.read()?))
        }
    };
    match (&certificates.client, &certificates.client_key) {
        (Some(client), Some(key)) => {
            // Read here for an error that names the file: tonic's doesn't.
            client.certificates()?;
            key.key()?;
            Ok(config.identity(Identity::from_pem(client.read()?, key.read()?)))
        }
        _ => Ok(config),
    }
}

impl PemFile {
    fn read(&self) -> Result<Vec<u8>, Error> {
        std::fs::read(&self.path).map_err(|error| self.error(format!("can't be read: {error}")))
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let pem = self.read()?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        match certificates {
            Ok(certificates) if certificates.is_empty() => Err(self.error("has no certificate".to_owned())),
            Ok(certificates) => Ok(certificates),
            Err(error) => Err(self.invalid(&error)),
        }
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, Error> {
        PrivateKeyDer::from_pem_slice(&self.read()?).map_err(|_| self.error("has no private key".to_owned()))
    }

    fn invalid(&self, error: &dyn std::fmt::Display) -> Error {
        self.error(format!("is invalid: {error}"))
    }

    fn error(&self, reason: String) -> Error {
        Error::Pem { variable: self.variable, path: self.path.clone(), reason }
    }
}
