//! The list of the cases, and where each topic is; those of reading by filter, of writing and of unique indexes are
//! listed beside.

pub mod batches;
pub mod batches_at_once;
pub mod batches_of_expiring;
pub mod batches_of_unique;
pub mod batches_refused;
pub mod cancel;
pub mod capabilities;
pub mod concurrency;
pub mod count;
pub mod deadlines;
pub mod define;
pub mod delete;
pub mod drift;
pub mod errors;
pub mod expired;
pub mod expiry;
pub mod explain;
pub mod filters;
pub mod filters_from_json;
pub mod get;
pub mod ids;
pub mod indexes;
pub mod insert;
pub mod insert_many;
pub mod key_filters;
pub mod keys;
pub mod kinds;
pub mod layers;
pub mod lifecycle;
pub mod names;
pub mod nulls;
pub mod numbers;
pub mod operands;
pub mod pages;
pub mod patterns;
pub mod random_reads;
pub mod removed_indexes;
pub mod replace;
pub mod select;
pub mod serde_table;
pub mod sort;
pub mod stored_before;
pub mod streams;
pub mod swap;
pub mod timestamps;
pub mod unique;
pub mod unique_changes;
pub mod unique_races;
pub mod update;
pub mod updates_of_definitions;
pub mod updates_of_text;
pub mod upsert;
pub mod values;
pub mod versions;
pub mod versions_of_others;
pub mod writes_by_filter;

/// Calls a macro with every case, by topic.
#[doc(hidden)]
#[macro_export]
macro_rules! each_case {
    ($($then:tt)*) => {
        $crate::with_cases_of_writing! {
            [$($then)*]
            cancel {
                c42_an_insert_that_is_dropped_half_way_is_stored
                c42_an_insert_many_that_is_dropped_half_way_is_stored
                c42_a_replace_and_an_upsert_that_are_dropped_half_way_are_stored
                c42_a_delete_that_is_dropped_half_way_is_done
                c42_writes_by_swap_that_are_dropped_half_way_are_done
                c42_a_call_that_was_never_polled_does_nothing
                c42_a_read_that_is_dropped_is_over
                c42_a_write_that_was_given_up_is_done_whole_or_not_at_all
                c42_a_define_that_is_dropped_half_way_can_be_made_again
            }
            capabilities {
                c41_unique_indexes_are_there_or_refused
                c11_c41_an_id_that_is_a_unique_index_may_be_brought
                c39_c41_indexes_are_there_or_refused
                c39_c41_ordered_indexes_are_there_or_refused
                c34_c41_ttl_is_there_or_refused
                c41_everything_that_is_missing_is_told_at_once
                c41_the_largest_record_is_stored_or_its_limit_is_told
                c41_what_is_durable_outlives_its_closing
            }
            concurrency {
                c26_of_fifty_inserts_with_one_key_one_wins
                c30_of_fifty_upserts_none_fails_and_one_inserts
                c11_c30_of_fifty_upserts_all_keep_one_id
                c30_of_fifty_replaces_one_is_left_whole
                c27_of_fifty_deletes_one_gets_the_record
                c26_what_is_inserted_and_deleted_at_once_adds_up
                c26_s05_of_many_insert_manys_each_key_is_stored_by_one
                c30_upserts_and_deletes_at_once_never_fail
                c11_ids_that_are_given_at_once_differ
            }
            deadlines {
                c42_l53_a_read_ends_at_its_deadline_and_surely_changed_nothing
                c42_l53_a_write_ends_at_its_deadline_and_may_have_happened
                c42_the_deadline_of_a_backend_holds_where_none_is_given
                c42_define_has_a_limit_of_its_own
                c42_define_ends_at_its_deadline
                c42_a_define_that_waits_for_another_ends_at_its_own_deadline
                c42_l46_a_call_that_hangs_holds_up_nobody
                c42_no_time_and_endless_time_are_no_panic
                c42_progress_renews_the_deadline_of_a_call_on_many_records
                c42_a_write_that_is_too_late_may_still_be_done
            }
            define {
                c36_t07_a_definition_can_be_given_again_and_keeps_the_records
                c36_the_same_repository_is_given_for_another_type
                c36_repositories_do_not_share_records
                c36_c38_every_name_that_is_allowed_can_be_used
                c36_l36_the_hundred_and_first_repository_is_seen_like_the_first
                c36_l37_eight_that_start_at_once_all_succeed
                c36_many_repositories_are_defined_at_once
                c36_verify_finds_what_is_there_and_creates_nothing
                c36_verify_adds_nothing
                c36_trust_takes_the_definition_to_be_what_is_there
                c37_trust_in_what_is_not_there_is_told_by_the_first_call
                c38_a_definition_from_json_is_the_one_that_is_built
                c38_l40_every_mistake_is_told_at_once_and_before_any_call
                c36_what_a_definition_says_is_known_of_the_handle
            }
            delete {
                c27_a_delete_gives_the_record_that_it_deleted
                c27_a_delete_of_what_is_missing_is_none
                l18_a_delete_takes_no_other_record
                c22_a_record_that_the_type_cannot_read_is_deleted_all_the_same
                c27_a_delete_does_nothing_until_it_is_awaited
                l15_a_deleted_record_is_gone_at_once_for_everybody
            }
            drift {
                c37_l41_l47_every_difference_is_told
                c37_each_difference_alone_is_a_conflict
                c37_another_case_of_a_name_is_a_conflict
                c37_kinds_may_be_added_and_are_enforced_by_earlier_handles
                c37_a_kind_that_stored_records_break_is_a_conflict_and_changes_nothing
                c37_a_type_that_contradicts_a_stored_kind_is_a_conflict
                c37_a_kind_that_is_left_open_is_the_stored_one
                c37_a_kind_that_nobody_has_said_is_stored_as_string
                c37_what_is_stored_and_not_wanted_stays_and_is_enforced
                c37_two_versions_of_a_service_add_to_one_definition
                c37_throughput_is_not_compared
                c37_a_definition_made_again_looks_at_what_another_process_stored
                c37_trust_looks_at_nothing_and_the_next_definition_does
                c37_trust_takes_no_live_handle_over
            }
            errors {
                c40_an_error_says_where_it_arose
                c40_l50_d10_the_kind_of_a_drivers_error_is_kept_with_its_cause
                c40_errors_of_define_and_ping_have_their_place
                c42_t01_a_write_whose_answer_was_lost_is_not_reported_as_done
                c42_s02_a_stored_insert_is_not_reported_as_a_conflict_nor_tried_again
                c42_s02_an_insert_by_swap_does_not_hide_a_lost_answer
                c40_no_debug_text_holds_a_value
                c40_the_words_of_a_type_are_a_source_and_no_message
                c40_an_error_goes_into_a_boxed_one
                c40_c41_every_kind_of_refusal_is_told_by_its_kind
            }
            get {
                c23_get_answers_what_is_there_and_none_else
                c23_get_many_answers_in_the_order_of_the_keys
                c23_get_many_of_none_is_none
                c23_t04_a_thousand_keys_are_read_at_once
                c23_the_position_of_a_wrong_key_is_told
                d01_a_read_of_more_than_a_server_gives_at_once_is_complete
                l07_l08_a_get_asks_the_driver_once_and_scans_nothing
                c10_l08_what_no_record_can_have_asks_nobody
                c22_a_record_that_the_type_cannot_read_is_unreadable
                c23_a_smaller_type_reads_its_fields
                l16_a_field_is_read_back_under_the_name_it_was_written_under
            }
            ids {
                c11_l17_an_id_is_given_where_none_is_brought
                c11_l26_an_id_that_is_brought_is_kept
                c11_l26_an_empty_id_counts_as_none
                c11_l21_an_id_of_another_form_is_refused
                c11_an_id_of_the_kind_string_is_any_key_text
                c11_l17_l25_nothing_else_is_stored
                c11_a_type_without_an_id_gets_one_all_the_same
                c11_where_the_id_is_not_the_key_the_library_gives_it
                c11_l25_replace_and_upsert_keep_the_stored_id
                c11_c12_another_id_than_the_stored_is_refused
                c11_an_upsert_that_inserts_keeps_the_id_it_brings
                c11_an_id_of_another_form_is_refused_where_it_is_not_the_key
                c11_custom_id_moves_the_librarys_id_and_leaves_id_to_the_record
                c11_custom_id_with_a_partition_key_leaves_id_an_ordinary_field
                c12_l23_a_changed_key_is_another_record_and_never_dropped
            }
            insert {
                c26_t02_insert_never_overwrites
                c26_t02_insert_never_overwrites_where_the_key_is_a_field
                c26_only_the_whole_key_is_taken
                c26_l15_an_inserted_record_is_read_at_once_by_everybody
                c26_a_key_is_free_again_once_its_record_is_deleted
                c26_what_is_refused_changes_nothing
                c26_an_insert_does_nothing_until_it_is_awaited
                c26_the_answer_is_what_is_stored
            }
            insert_many {
                c26_insert_many_answers_by_position
                c26_insert_many_of_none_is_nothing
                c26_p04_bad_records_do_not_stop_the_others
                c26_s05_insert_many_overwrites_nothing
                c26_of_records_with_one_key_the_first_is_stored
                c26_every_reason_is_reported_with_its_position
                c26_where_all_are_bad_nothing_is_stored
                c26_t04_any_number_of_records_is_stored
                c26_t04_one_bad_record_among_many_is_found
                c26_large_records_are_stored_together
                c26_insert_many_takes_records_of_many_shapes
                c26_insert_many_gives_the_keys_of_pairs
            }
            keys {
                c08_d02_a_key_of_every_kind_finds_its_own_record
                c08_d02_a_pair_of_any_two_kinds_finds_its_own_record
                c08_the_two_fields_of_a_key_do_not_run_together
                c08_the_key_is_id_unless_the_definition_names_another
                c08_a_record_without_its_key_is_refused
                d03_a_missing_sort_key_is_an_error
                c09_an_operand_of_another_kind_is_refused
                c09_an_integer_key_compares_with_any_number
                c09_an_empty_operand_of_no_kind_is_refused
                c40_an_operand_that_is_refused_names_the_key_field
                c10_key_strings_of_1_to_1024_bytes_are_stored
                c10_longer_and_empty_key_strings_are_refused
                c10_longer_and_empty_operands_are_answered
                c08_newtypes_and_references_are_keys
            }
            kinds {
                c09_a_value_of_another_kind_is_refused_where_one_is_declared
                c09_null_and_absence_fit_every_kind
                c09_on_undeclared_fields_any_kind_is_stored
                c09_the_kind_of_an_open_key_is_that_of_the_type
                c09_l44_a_bool_or_bytes_are_no_key
                c09_a_key_that_is_no_scalar_in_the_type_is_refused
                c09_a_type_that_is_no_record_is_refused_when_it_is_defined
                c09_a_definition_that_names_a_field_the_type_does_not_have_is_refused
                c09_a_definition_that_names_a_place_the_type_does_not_have_is_refused
                c09_a_definition_that_contradicts_the_type_is_refused
                c09_c38_what_the_type_lacks_and_what_it_contradicts_is_told_at_once
                c09_a_declared_field_of_the_type_is_enforced_for_untyped_handles_too
            }
            layers {
                c42_layers_see_every_call_and_none_of_its_values
                c42_the_layer_added_last_stands_outside
                c42_a_layer_stands_around_what_is_defined_through_it
                c42_a_call_may_be_run_twice
                c42_a_write_that_may_have_happened_is_not_run_again
                c42_a_write_that_a_layer_gave_up_is_not_run_again
                c42_a_call_that_a_layer_holds_beyond_its_deadline_is_not_made
                c42_every_try_of_a_call_has_one_write_id
                c42_each_record_of_insert_many_has_a_write_id_of_its_own
                c42_a_layer_that_says_ok_without_running_is_an_error
                c40_the_error_of_a_layer_has_its_place
                c35_the_clock_can_be_given
            }
            lifecycle {
                l53_an_open_backend_answers_a_ping
                l48_use_after_closing_is_unavailable
                l48_no_repository_is_defined_after_closing
                l48_closing_twice_is_nothing
                l48_closing_one_leaves_another_open
                c44_the_native_client_is_reached_by_its_type_only
                c44_a_wrapped_driver_shows_the_native_client_of_the_inner_one
                l46_handles_are_used_from_many_tasks
            }
            names {
                c05_field_names_are_any_utf8_within_the_rules
                c05_field_names_outside_the_rules_are_refused_at_any_depth
                c05_the_keys_of_a_map_are_field_names
                c05_underscore_id_is_a_name_of_the_librarys_own
            }
            nulls {
                c03_null_is_absence_at_every_depth
                c03_none_reads_back_as_none_either_way
                c03_a_map_that_loses_all_its_fields_stays
                c03_nulls_in_arrays_stay
                c03_l25_an_absent_field_stays_absent_through_a_replace
                c03_l16_aliases_are_read_and_never_written
                c03_no_definition_names_an_alias
                c03_fields_that_a_closed_type_does_not_list_are_not_offered_to_it
                c03_a_unit_field_is_refused
                c03_l16_a_name_that_is_written_and_not_read_is_refused
                c03_l16_a_name_inside_that_is_written_and_not_read_is_refused
                c03_a_variant_around_null_is_refused
                c03_a_type_that_refuses_itself_is_refused_in_its_own_words
                c03_insert_many_looks_at_each_shape
                c03_insert_many_looks_at_what_is_stored_without_an_empty_text
                c03_a_map_of_options_loses_what_is_none
            }
            numbers {
                c02_l30_d09_integers_are_exact_at_every_edge
                c02_l30_integers_are_exact_in_arrays_and_maps
                c02_floats_keep_every_digit
                c02_a_float_with_an_integral_value_is_that_integer
                c02_minus_zero_is_zero
                c02_f32_is_widened_exactly
                c02_a_float_field_reads_integers
                c02_an_integer_that_a_float_cannot_hold_is_unreadable
                c02_an_integer_field_does_not_read_a_fraction
                c02_floats_that_no_backend_holds_are_refused_and_not_stored
                c02_integers_outside_i64_are_refused_and_not_stored
                c02_numbers_in_keys_are_one_kind
            }
            serde_table {
                c01_c02_c05_scalars_come_back_or_are_refused
                c01_c03_collections_come_back_or_are_refused
                c01_c03_l16_structs_come_back_or_are_refused
                c01_c03_flattened_structs_come_back_or_are_refused
                c01_c03_enums_come_back_or_are_refused
                c01_c03_whole_records_come_back_or_are_refused
                c01_c04_instants_and_dates_come_back_or_are_refused
            }
            timestamps {
                c04_l30_d08_instants_come_back_to_the_millisecond
                c04_define_declares_the_instants_of_a_type
                c04_define_declares_the_instants_of_a_type_inside_itself
                c04_chrono_and_jiff_work_undecorated_and_time_as_rfc3339
                c04_finer_fractions_are_cut_off
                c04_text_at_a_declared_place_is_that_instant
                c04_an_instant_is_offered_as_text_to_a_type_that_asks_for_text
                c04_an_instant_where_none_is_declared_is_refused
                c04_what_is_no_instant_is_refused_where_one_is_declared
                c04_instants_and_their_texts_are_keys
                c04_an_instant_is_no_operand_of_another_kind
            }
            values {
                c01_l17_every_kind_of_value_comes_back_typed
                c01_c06_l17_every_kind_of_value_comes_back_untyped
                c01_untyped_documents_list_their_fields_in_byte_order
                c01_a_map_has_no_order
                c05_strings_are_any_utf8
                c05_strings_are_compared_by_bytes_and_not_normalised
                c05_a_string_with_a_nul_is_refused_and_not_stored
                c05_thirty_levels_are_stored_and_thirty_one_are_refused
                c06_bytes_come_back_at_any_length_and_depth
                c06_bytes_are_not_an_array_of_integers
                c06_bytes_are_base64_where_json_has_none
                c07_l34_no_text_becomes_an_operator
                c07_l34_a_map_as_a_value_stays_a_value
                c07_l33_l34_a_map_or_an_array_is_no_key
                c01_a_record_is_a_map
            }
        }
    };
}
