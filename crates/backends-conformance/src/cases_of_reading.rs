//! The list of the cases of reading by filter.

/// Calls a macro with the cases that are given, and those of reading by filter.
#[doc(hidden)]
#[macro_export]
macro_rules! with_cases_of_reading {
    ([$($then:tt)*] $($cases:tt)*) => {
        $crate::with_cases_of_unique! {
            [$($then)*]
            $($cases)*
            count {
                c23_count_and_exists_agree_with_find
                c23_nothing_but_records_is_counted
                c23_many_are_counted
                l07_a_read_of_many_asks_the_driver_once
            }
            explain {
                c25_c18_every_test_says_who_looks_at_it
                c25_every_read_by_filter_is_explained
                c25_c21_a_page_is_explained_behind_its_token
            }
            filters {
                c13_c18_every_test_of_every_kind_of_value_means_the_same_everywhere
                c13_l14_tests_inside_maps_mean_the_same
                c09_c13_tests_of_declared_fields_mean_the_same
                c14_l35_what_is_missing_matches_negations_only
                c13_l14_paths_lead_through_maps_and_never_into_arrays
                c13_c06_an_array_contains_its_own_members
                c14_what_is_certain_is_folded
                c07_l33_l34_values_that_look_like_something_else_stay_values
                c05_names_of_fields_that_look_like_something_else_are_paths
                c05_texts_are_compared_by_bytes_and_not_normalised
                c02_numbers_are_compared_exactly_beyond_two_to_the_53
                l20_a_filter_stays_what_it_is
                c13_typed_handles_compare_in_the_form_that_is_stored
            }
            filters_from_json {
                c16_filters_come_from_outside_as_json
                c16_l34_json_from_outside_is_no_operator_of_a_database
            }
            stored_before {
                c10_c19_empty_texts_that_count_as_missing_are_found_and_sorted_as_missing
                c04_c37_texts_that_were_stored_before_are_instants_in_every_read
            }
            indexes {
                c39_c18_random_filters_of_indexed_fields_mean_the_same
                c19_c39_random_orders_of_indexed_fields_mean_the_same
                c21_c39_random_pages_of_indexed_fields_have_the_same_records
                c19_an_ordered_index_has_every_record_in_both_directions
                c39_s06_an_index_on_two_fields_loses_no_record_without_the_second
                c39_an_index_is_added_to_records_that_are_there
                c26_c30_writes_change_what_is_found_by_an_index
                c39_gsi_declares_an_index_and_gives_it_a_capacity
                c37_an_index_that_is_ordered_otherwise_is_a_conflict
                c37_indexes_that_are_stored_and_not_wanted_stay_and_are_told
                c37_verify_names_the_index_that_is_missing
                c36_many_at_once_define_and_use_the_same_indexes
                c24_a_consistent_read_sees_every_write_whatever_index_there_is
            }
            removed_indexes {
                c37_an_index_is_removed_by_a_call_of_its_own
                c31_c37_what_a_unique_index_kept_apart_may_be_equal_when_it_is_removed
            }
            key_filters {
                c10_c13_tests_of_key_fields_mean_the_same
                t08_tests_of_keys_that_no_lookup_serves_are_answered
                d05_ranges_and_lists_of_keys_are_answered
                c11_c13_c19_ids_are_compared_and_sorted
                c04_c13_c19_instants_that_are_keys_are_compared_and_sorted
                c02_c13_c19_numbers_that_are_keys_are_compared_and_sorted
            }
            operands {
                c09_an_operand_or_a_test_that_the_kind_does_not_have_is_refused
                c09_operands_of_keys_and_ids_have_their_kind
                c09_members_of_declared_arrays_compare_with_any_number
                c04_an_instant_is_an_operand_where_one_is_declared_only
                c09_a_typed_handle_refuses_fields_that_nobody_knows
                c05_paths_that_no_record_can_have_are_refused
                c13_filters_of_the_largest_size_are_answered
                c14_what_can_match_nothing_asks_nobody
                l09_an_empty_filter_means_nothing_by_accident
                c13_operands_that_no_record_holds_are_refused
            }
            pages {
                c21_l01_l02_l04_p02_pages_have_every_record_once
                c21_p02_pages_keep_the_order_with_equals_and_missing_values_at_their_borders
                c21_p02_the_last_page_has_no_token
                c21_p02_what_stays_is_on_one_page_while_others_come_and_go
                c21_p02_a_page_goes_on_after_its_last_record_is_gone
                c21_t09_a_token_is_text_that_can_be_stored_and_sent
                c21_p02_a_token_of_another_query_is_refused
                c21_p02_a_damaged_token_is_refused
                c02_c09_c21_a_token_that_was_made_up_stands_in_the_order_or_is_refused
                c21_l54_a_page_has_a_size_and_no_limit_or_offset
                c21_c24_pages_go_on_however_fresh_the_next_is
                c21_pages_of_another_type_are_pages_of_the_same_query
                c21_an_unreadable_record_fails_its_page
            }
            patterns {
                c17_p01_l10_l11_l12_l32_patterns_mean_what_the_definition_says
                c17_patterns_on_keys_match_as_anywhere
                c17_l10_l11_patterns_match_text_only
                l13_patterns_are_patterns_in_every_call
                c17_s01_patterns_hold_at_any_length_of_text
                c17_the_longest_pattern_is_answered
            }
            random_reads {
                c18_c13_random_filters_mean_the_same
                c18_c19_c20_random_orders_and_limits_mean_the_same
                c18_c21_random_pages_have_the_same_records
            }
            select {
                c23_a_smaller_type_is_selected
                c23_c03_a_closed_type_is_offered_its_own_fields_only
                c23_a_type_without_a_list_of_fields_reads_everything
                c23_a_field_is_selected_under_the_name_that_is_written
                c23_a_type_with_a_field_that_nobody_knows_is_refused
                c23_what_the_selected_type_cannot_read_is_unreadable
                c23_untyped_reads_name_their_fields
                c23_c04_instants_are_selected_as_instants
            }
            sort {
                c19_l05_d12_every_kind_of_value_has_its_place_in_an_order
                c19_key_fields_sort_like_others
                c19_several_fields_sort_within_one_another
                c19_equals_are_sorted_by_key_in_the_direction_of_the_last_field
                c19_s10_an_array_sorts_as_an_array_and_not_by_a_member
                c19_numbers_and_texts_sort_exactly
                c19_an_order_of_long_texts_is_exact
                c19_d04_limit_and_offset_apply_after_the_order
                c20_l03_l06_without_an_order_a_limit_takes_any_that_match
                c20_find_one_takes_the_first_of_an_order
                c19_a_field_is_sorted_by_once
                c19_thousands_of_records_are_sorted
                c20_a_path_is_given_in_any_form
            }
            streams {
                c22_a_stream_has_every_record_once
                c22_a_stream_goes_on_after_a_record_that_the_type_cannot_read
                c22_find_fails_with_a_record_that_the_type_cannot_read
                c22_c43_what_a_filter_cannot_read_is_told_with_its_place
                c22_a_stream_ends_after_an_error_of_the_database
                c22_a_stream_that_is_dropped_half_way_leaves_nothing_behind
                c22_streams_stand_side_by_side_and_leave_writers_alone
                c22_a_stream_is_moved_and_kept
                c22_more_than_a_server_answers_at_once_is_read_to_the_end
                c42_l53_a_read_by_filter_ends_at_its_deadline
                c22_c24_reads_see_what_was_acknowledged
            }
        }
    };
}
