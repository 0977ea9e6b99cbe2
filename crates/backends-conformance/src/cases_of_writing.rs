//! The list of the cases of writing, but for inserts and deletes by key.

/// Calls a macro with the cases that are given, those of reading by filter and of batches, and those of writing.
#[doc(hidden)]
#[macro_export]
macro_rules! with_cases_of_writing {
    ([$($then:tt)*] $($cases:tt)*) => {
        $crate::with_cases_of_batches! {
            [$($then)*]
            $($cases)*
            update {
                c28_each_change_does_what_it_says
                c04_c28_instants_in_arrays_are_pulled_as_instants
                c28_s08_what_does_not_apply_changes_nothing
                c28_an_update_that_no_record_takes_is_refused
                c12_the_key_and_the_id_never_change
                c27_an_update_creates_nothing
                c27_an_update_gives_the_record_as_it_is_then
                c28_the_type_says_what_its_fields_hold
                c10_index_fields_hold_what_every_index_holds
                c28_fifty_tasks_increment_one_counter
                c28_an_update_does_nothing_until_it_is_awaited
            }
            updates_of_definitions {
                c37_c39_l38_an_index_that_cannot_be_made_is_told_until_it_can
            }
            updates_of_text {
                c07_s07_no_text_that_is_written_is_taken_for_an_expression
                c07_c28_s07_no_text_of_an_update_is_taken_for_an_expression
                c07_c13_s07_no_text_that_is_looked_for_is_taken_for_an_expression
            }
            writes_by_filter {
                c27_update_one_changes_the_first_of_an_order
                c27_update_one_of_nothing_is_none
                c27_delete_one_gives_the_first_of_an_order
                c29_update_many_changes_each_that_is_meant_once
                c29_s04_a_write_by_filter_does_not_follow_the_index_that_it_changes
                c29_t05_an_update_by_an_index_goes_on_behind_the_first_megabyte
                c29_s03_what_an_update_does_not_apply_to_stays_and_is_counted
                c29_c42_a_write_by_filter_that_ends_half_way_says_so
                c29_delete_many_deletes_what_is_meant
                c15_l19_every_record_has_to_be_said
                c09_a_filter_that_cannot_be_asked_writes_nothing
                c27_l24_racing_writes_by_filter_take_a_record_once
                c27_l22_a_write_by_filter_brings_no_deleted_record_back
                c25_writes_by_filter_explain_how_they_find
            }
            upsert {
                c30_an_upsert_says_whether_it_inserted
                c30_an_upsert_replaces_the_whole_record
                c30_an_upsert_goes_by_the_whole_key
                c30_an_upsert_after_a_delete_inserts
                c30_a_refused_upsert_changes_nothing
                c30_the_answer_of_an_upsert_is_what_is_stored
            }
            replace {
                c30_t03_a_replace_of_what_is_missing_is_not_found_and_creates_nothing
                c30_a_replace_replaces_the_whole_record
                c30_a_replace_touches_no_other_record
                c30_l22_a_replace_does_not_resurrect_a_deleted_record
                c30_a_refused_replace_changes_nothing
                c30_l15_a_replaced_record_is_read_at_once_by_everybody
                c30_the_answer_of_a_replace_is_what_is_stored
            }
            swap {
                c26_t02_an_insert_by_swap_never_overwrites
                c26_s05_an_insert_many_by_swap_stores_what_it_can
                c30_replace_and_upsert_by_swap_do_what_they_say
                c11_c30_writes_by_swap_keep_the_stored_id
                c27_a_delete_by_swap_gives_the_record
                c30_l22_a_swap_sees_what_got_in_between
                c30_racing_writes_by_swap_lose_nothing
            }
            versions {
                c32_an_insert_begins_at_1
                c32_c40_a_version_of_another_kind_is_refused_without_a_remedy_that_would_be_refused
                c32_an_insert_that_brings_a_version_is_refused
                c32_every_write_counts_one_on
                c32_a_stale_replace_is_a_conflict_and_changes_nothing
                c32_an_upsert_of_version_0_only_inserts
                c32_updates_and_deletes_compare_what_is_expected
                c32_what_an_update_does_not_mean_is_no_conflict
                c32_an_expected_version_needs_a_version_field_and_an_integer
                c32_no_update_names_the_version
                c32_versions_are_read_and_compared_as_integers
            }
            versions_of_others {
                c32_a_type_need_not_have_the_version
                c32_a_type_that_cannot_hold_the_version_is_refused
                c32_c43_a_record_that_was_stored_without_a_version_has_0
                c32_c43_a_version_that_is_no_integer_is_another_than_any
                c32_the_last_version_has_no_next
                c32_c37_another_version_field_is_a_definition_conflict
                c32_of_fifty_writes_of_one_version_one_wins
                c32_whoever_meets_a_conflict_and_decides_anew_loses_nothing
                c32_c42_a_lost_answer_is_no_conflict
            }
        }
    };
}
