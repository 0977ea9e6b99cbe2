//! The list of the cases of records that expire.

/// Calls a macro with the cases of records that expire.
#[doc(hidden)]
#[macro_export]
macro_rules! each_case_of_expiry {
    ($($then:tt)*) => {
        $crate::with_cases_of_expiry! { [$($then)*] }
    };
}

/// Calls a macro with the cases that are given, and those of records that expire.
#[doc(hidden)]
#[macro_export]
macro_rules! with_cases_of_expiry {
    ([$($then:tt)*] $($cases:tt)*) => {
        $($then)*! {
            $($cases)*
            expiry {
                c34_a_record_without_a_time_gets_that_of_its_write
                c34_l28_a_time_is_never_overwritten_with_another
                c34_a_type_reads_the_time_that_it_is_given
                c34_what_has_no_instant_never_expires
                c34_c43_text_that_is_no_instant_is_no_time
                c34_a_type_need_not_have_the_time
                c34_an_update_moves_the_end_and_never_takes_it_away
                c34_c35_a_time_to_live_is_0_to_68_years
                c34_the_clock_may_stand_at_either_end_of_time
                c34_without_a_ttl_it_is_an_ordinary_timestamp
                c34_c37_another_time_to_live_is_applied_and_another_field_is_a_conflict
            }
            expired {
                c35_l29_a_record_is_read_until_its_millisecond_and_not_from_it_on
                c35_records_expire_between_two_pages
                c35_what_has_expired_is_neither_changed_nor_deleted
                c35_c15_every_record_has_still_to_be_said
                c35_what_has_expired_is_in_no_writes_way
                c35_c32_what_has_expired_has_no_version
                c35_c26_of_many_the_first_takes_the_place_of_what_has_expired
                c35_c31_what_has_expired_has_no_unique_value
                c35_c31_what_has_expired_has_no_unique_instant
                c35_c37_what_has_expired_is_in_no_new_kinds_way
                c35_c37_what_has_expired_is_in_no_new_unique_indexs_way
                c35_of_many_that_take_the_place_of_what_has_expired_one_wins
            }
        }
    };
}
