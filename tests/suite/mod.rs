//! The tests that every backend must pass; `tests/ndarray.rs` and `tests/flex.rs` run them.

pub mod callbacks;
pub mod classes;
pub mod conditions;
pub mod couplings;
pub mod divergence;
pub mod flows;
pub mod guidance;
pub mod indices;
pub mod losses;
pub mod masks;
pub mod numbered;
pub mod objectives;
pub mod projections;
pub mod refusals;
pub mod resuming;
pub mod rounds;
pub mod sampling;
pub mod saving;
pub mod trainers;
pub mod training;

use std::sync::{Mutex, PoisonError};

use burn::tensor::{
    Tensor,
    backend::{AutodiffBackend, Backend},
};

/// Makes each named function of the suite a test on one backend.
macro_rules! run_on {
    ($backend:ty: $($module:ident { $($test:ident),* $(,)? })*) => {$(
        mod $module {
            $(#[test]
            fn $test() {
                crate::suite::$module::$test::<$backend>();
            })*
        }
    )*};
}
pub(crate) use run_on;

/// Makes the tests of the whole suite on one backend.
macro_rules! run_all_on {
    ($backend:ty) => {
        crate::suite::run_on! { $backend:
            callbacks {
                a_callback_ends_the_fit,
                a_callback_sees_the_network_after_the_step,
                a_closure_scores_a_network,
                a_held_out_score_is_of_the_flow_that_is_sampled,
                a_held_out_score_is_taken_at_its_steps,
                a_scheduler_of_burn_sets_the_rates,
                an_error_of_a_score_ends_the_fit,
                every_callback_is_called_and_any_ends_the_fit,
                the_last_loss_that_was_read_is_reported,
            }
            classes {
                classes_of_another_size_are_no_target,
                data_is_drawn_for_the_classes_of_pairs,
                matched_noise_is_standard_normal_under_each_label,
                projected_data_is_of_the_label_it_had,
                projected_noise_is_standard_normal_under_each_label,
            }
            conditions {
                conditions_are_dropped_by_their_probability,
                conditions_stay_with_pairs_of_a_flow,
                conditions_stay_with_their_rows,
                each_signal_is_dropped_by_itself,
                several_conditions_reach_their_rows_through_every_coupling,
                several_conditions_reach_their_rows_where_some_are_dropped,
            }
            couplings {
                a_flow_between_two_sets_of_data_has_backward_pairs,
                backward_and_forward_pairs_follow_the_flow,
                data_to_data,
                inverted_noise_can_have_unit_variance,
                optimal_transport_moves_noise_only,
                the_same_key_draws_the_same_pairs,
                whatever_carries_rows_makes_pairs,
            }
            divergence {
                a_diverged_fit_goes_back,
                a_flow_that_returns_nan_is_named,
                a_rate_that_is_not_finite_is_refused,
                weights_that_overflow_in_the_last_step_are_found,
            }
            flows {
                a_pointer_to_a_conditional_flow_is_that_flow,
                dropout_acts_in_training_alone,
                one_time_for_all_rows_is_the_tensor_of_it,
                where_a_condition_is_absent_its_value_does_not_matter,
            }
            guidance {
                a_guide_that_is_the_flow_changes_nothing,
                a_guided_evaluation_counts_two_networks,
                guidance_is_linear_in_its_scale,
                guided_samples_of_classes_go_beyond_their_class,
                outside_the_interval_nothing_is_evaluated_twice,
                rows_at_their_own_times_are_guided_alone,
                scale_one_is_the_conditional_flow,
            }
            indices {
                an_epoch_covers_each_row_once,
                conditions_are_dropped_by_index,
                generated_pairs_do_not_depend_on_how_they_are_batched,
                matched_pairs_are_drawn_by_index,
                mixed_pairs_are_drawn_by_index,
                pairs_drawn_apart_are_drawn_by_index,
                pairs_of_a_flow_are_drawn_by_index,
                stored_pairs_are_drawn_by_index,
                the_parts_of_a_mixture_go_through_epochs,
                times_are_drawn_by_index,
            }
            losses {
                a_normalized_weight_has_no_gradient,
                flat_rows_on_a_grid_have_the_loss_of_their_images,
                flow_matching_is_the_generalized_loss,
                high_pass_is_differentiable,
                high_pass_is_undone,
                images_of_one_pixel_have_nothing_to_pass,
                the_unweighted_loss_is_the_one_of_a_constant_weight,
            }
            masks {
                a_mask_of_lower_rank_holds_for_the_last_axes,
                a_masked_mean_is_the_mean_of_what_counts,
                a_row_of_which_nothing_counts_has_no_loss,
                values_outside_a_mask_have_no_effect_on_a_loss,
                values_outside_a_mask_have_no_gradient,
            }
            objectives {
                a_custom_objective_is_minimised,
                an_error_of_an_objective_ends_the_fit,
                an_unweighted_loss_tells_what_a_normalized_one_hides,
                flow_matching_in_a_custom_objective_is_flow_matching,
                the_parts_of_a_recipe_are_set_one_by_one,
            }
            projections {
                a_set_drawn_in_balance_is_the_data,
                conditions_are_those_of_the_new_data,
                ends_that_do_not_fit_are_named,
                features_keep_near_rows_together_as_their_weight_grows,
                gaussian_pairs_meet_the_closed_form,
                large_sets_keep_exact_marginals_too,
                the_cost_is_the_sum_of_two_wasserstein_distances,
                what_is_right_stays,
            }
            refusals {
                a_range_beyond_the_pairs_is_refused,
                backward_pairs_of_a_solve_short_of_the_data_are_refused,
                forward_pairs_of_a_solve_short_of_the_noise_are_refused,
                pairs_of_no_rows_or_of_another_rank_are_refused,
                wrong_data_is_an_error,
            }
            resuming {
                a_batch_in_parts_gives_the_same_weights,
                a_continued_fit_is_one_fit,
                a_fit_begins_at_its_start_step,
                a_start_at_a_step_with_its_weights_is_one_fit,
                a_state_in_a_new_trainer_goes_on_as_one_fit,
                a_trainer_is_kept_in_a_field_and_sent_to_a_thread,
                each_step_takes_the_rows_after_those_of_the_last,
                what_is_trained_further_starts_from_the_average,
            }
            rounds {
                a_round_gives_a_student_that_needs_fewer_steps,
                a_round_gives_a_student_with_its_teachers_weights,
                a_round_of_a_network_with_classes_draws_under_labels,
                a_round_of_a_solve_short_of_the_data_is_refused,
            }
            sampling {
                a_grid_is_learned_for_labels_and_for_images,
                a_network_samples_each_row_alone,
                a_network_with_classes_samples_each_row_alone,
                a_split_sampler_counts_the_evaluations_of_one_part,
                a_split_sampler_has_the_same_trajectory_and_straightness,
                conditions_must_be_as_many_as_rows,
                features_reach_their_rows,
            }
            saving {
                a_loaded_flow_draws_the_samples_of_the_saved_one_to_the_bit,
                weights_of_another_network_are_an_error,
            }
            training {
                a_student_goes_on_from_its_teacher,
                an_average_without_memory_is_the_weights,
                classes_are_told_apart,
                clipped_steps_are_short,
                numbers_that_cannot_be_are_refused,
                the_flow_of_a_gaussian_is_learned,
                the_seed_decides,
            }
        }
    };
}
pub(crate) use run_all_on;

/// The backend without gradients.
pub type In<B> = <B as AutodiffBackend>::InnerBackend;

/// Runs `init` with burn's generator seeded. All tests of the process share that generator, so calls run one
/// at a time.
pub fn seeded<B: Backend, T>(init: impl FnOnce() -> T) -> T {
    static LOCK: Mutex<()> = Mutex::new(());
    let _guard = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    B::seed(&Default::default(), 7);
    init()
}

/// The values of a tensor, row after row.
pub fn values<B: Backend, const D: usize>(x: Tensor<B, D>) -> Vec<f64> {
    x.into_data().convert::<f64>().into_vec().unwrap()
}

/// The largest difference between two tensors.
pub fn gap<B: Backend, const D: usize>(a: Tensor<B, D>, b: Tensor<B, D>) -> f64 {
    values(a - b).into_iter().map(f64::abs).fold(0.0, f64::max)
}

/// The rows as a set, sorted by their bits.
pub fn as_set<B: Backend>(x: Tensor<B, 2>) -> Vec<Vec<u64>> {
    let width = x.dims()[1];
    let bits: Vec<u64> = values(x).into_iter().map(f64::to_bits).collect();
    let mut rows: Vec<_> = bits.chunks_exact(width).map(<[u64]>::to_vec).collect();
    rows.sort_unstable();
    rows
}
