//! The contract, on the smallest backend.

use guide::lines::Lines;

backends_conformance::suite!(backends_conformance::by_uri(Lines::default(), |store| format!("lines:{store}")));
