//! The suite on the reference backend.

backends_conformance::suite!(backends_conformance::by_uri(backends_core::memory::Memory, |store| {
    format!("memory:{store}")
}));
