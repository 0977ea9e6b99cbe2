//! The list of the cases of unique indexes.

/// Calls a macro with the cases that are given, and those of unique indexes.
#[doc(hidden)]
#[macro_export]
macro_rules! with_cases_of_unique {
    ([$($then:tt)*] $($cases:tt)*) => {
        $crate::with_cases_of_expiry! {
            [$($then)*]
            $($cases)*
            unique {
                c31_l27_a_value_is_that_of_one_record
                c08_c31_a_part_of_the_key_may_be_unique_by_itself
                c31_a_key_that_is_taken_too_is_told_first
                c02_c31_values_are_the_same_as_everywhere
                c31_s09_a_record_without_one_of_the_fields_is_exempt
                c31_the_fields_of_an_index_do_not_run_together
                c26_c31_insert_many_stores_what_is_not_taken
                c26_c31_many_records_are_inserted_with_unique_values
                c31_what_core_builds_on_a_swap_is_guarded_too
                c31_records_are_found_by_a_unique_index
            }
            unique_changes {
                c30_c31_a_replace_takes_and_frees_values
                c30_c31_an_upsert_takes_and_frees_values
                c28_c31_t06_an_update_takes_and_frees_values
                c28_c31_an_increment_into_a_value_that_is_taken_is_refused
                c29_c31_an_update_of_many_may_only_unset_what_is_unique
                c27_c31_a_delete_frees_its_values
                c31_c37_l42_stored_duplicates_are_told_and_nothing_is_created
                c31_c37_stored_duplicates_are_told_in_bounds_and_without_values
                c10_c31_c37_stored_empty_texts_that_count_as_missing_are_exempt
                c04_c31_c37_stored_texts_of_one_instant_are_the_same
                c37_a_unique_index_that_is_stored_and_not_wanted_stays_and_is_enforced
                c37_an_index_that_is_unique_otherwise_is_a_conflict
                c36_c37_a_missing_unique_index_is_told_by_verify
            }
            unique_races {
                c31_of_fifty_inserts_of_one_value_one_wins
                c31_of_fifty_updates_to_one_value_one_wins
                c31_of_fifty_upserts_and_replaces_to_one_value_one_wins
                c31_values_that_are_left_and_taken_at_once_are_that_of_one
                c31_insert_manys_at_once_share_the_values
            }
        }
    };
}
