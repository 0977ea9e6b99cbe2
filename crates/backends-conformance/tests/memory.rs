//! The suite on the reference backend, and its native types.

use backends_core::memory::{Memory, MemoryBackend, MemoryRepository};
use backends_core::{Definition, Document, Registry};

backends_conformance::suite!(backends_conformance::by_uri(Memory, |store| format!("memory:{store}")));

/// The same behind faults of which none is said: they change nothing.
mod behind_faults {
    use backends_core::faults::Faults;
    use backends_core::memory::Memory;

    backends_conformance::suite!(backends_conformance::by_uri(Faults::new().factory(Memory), |store| {
        format!("memory:{store}")
    }));
}

#[tokio::test]
async fn c44_the_native_types_of_memory_are_reached() {
    let backend = Registry::new().register(Memory).open("memory:").await.unwrap();
    assert!(backend.native::<MemoryBackend>().is_some());
    let records = backend.define::<Document>(Definition::builder("records").build().unwrap()).await.unwrap();
    records.insert(&Document::from([("a", 1)])).await.unwrap();
    assert_eq!(records.native(MemoryRepository::stored), Some(1));
}
