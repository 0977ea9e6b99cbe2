//! The line by which a backend runs the suite.

/// Makes one test of every case, for the backend that the [`Harness`](crate::Harness) opens.
///
/// The harness is made anew for each case. See the [front page](crate).
#[macro_export]
macro_rules! suite {
    ($harness:expr $(,)?) => {
        fn conformance_harness() -> ::std::boxed::Box<dyn $crate::Harness> {
            ::std::boxed::Box::new($harness)
        }
        $crate::each_case! { $crate::make_tests }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! make_tests {
    ($($topic:ident { $($case:ident)* })*) => {
        $(mod $topic {
            $(#[test]
            fn $case() {
                $crate::run(
                    ::std::stringify!($topic),
                    ::std::stringify!($case),
                    super::conformance_harness(),
                    |context| ::std::boxed::Box::pin($crate::cases::$topic::$case(context)),
                );
            })*
        })*
    };
}
