//! The list of the cases of writes that are done together or not at all.

/// Calls a macro with the cases that are given, those of reading by filter, and those of batches.
#[doc(hidden)]
#[macro_export]
macro_rules! with_cases_of_batches {
    ([$($then:tt)*] $($cases:tt)*) => {
        $crate::with_cases_of_reading! {
            [$($then)*]
            $($cases)*
            batches {
                c33_l31_a_batch_writes_all_it_has_to_any_repository
                c33_a_batch_that_fails_changes_nothing_and_says_where
                c33_the_error_is_that_of_the_first_write_that_fails
                c33_p03_deleting_what_is_missing_is_nothing_and_so_is_an_empty_batch
                c32_c33_d07_versions_are_compared_counted_and_given_back
                c11_c33_d06_ids_are_given_and_kept_as_by_single_writes
                c33_what_was_written_is_read_by_its_position
                c33_a_hundred_writes_are_one_batch
            }
            batches_refused {
                c33_c41_batches_are_there_or_refused
                c33_what_is_wrong_with_a_batch_is_told_before_any_request
                c33_what_is_wrong_with_a_write_is_told_with_its_position
                c33_a_batch_counts_its_unique_indexes
                c33_c42_a_batch_ends_at_its_deadline_and_may_have_happened
                c33_c42_a_batch_that_is_dropped_half_way_is_done
                c33_layers_see_a_batch_as_one_call
            }
            batches_of_unique {
                c31_c33_a_value_passes_from_one_record_to_another
                c31_c33_a_value_is_taken_until_it_was_left
                c31_c33_what_is_taken_is_told_with_position_and_index
            }
            batches_of_expiring {
                c33_c35_what_has_expired_is_in_no_batchs_way
                c31_c33_c35_what_has_expired_has_no_unique_value_in_a_batch
                c33_c34_records_of_a_batch_get_its_time
            }
            batches_at_once {
                c33_batches_that_meet_in_opposite_orders_are_all_done
                c33_of_many_batches_that_want_one_key_one_is_done_whole
                c33_c32_transfers_that_expect_versions_lose_nothing
                c31_c33_values_that_pass_on_at_once_are_that_of_one
                c33_nobody_sees_what_a_batch_that_fails_would_have_written
            }
        }
    };
}
