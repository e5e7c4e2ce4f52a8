//! The tests that every backend must pass; `tests/ndarray.rs` and `tests/flex.rs` run them.

pub mod couplings;
pub mod flows;
pub mod guidance;
pub mod losses;
pub mod projections;
pub mod sampling;
pub mod training;

use std::sync::{Mutex, PoisonError};

use burn::tensor::{Tensor, backend::Backend};

/// Makes a test of each named function of the suite, on one backend.
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
            couplings {
                backward_and_forward_pairs_follow_the_flow,
                conditions_are_dropped_by_their_probability,
                conditions_stay_with_their_rows,
                conditions_stay_with_pairs_of_a_flow,
                a_flow_between_two_sets_of_data_has_backward_pairs,
                data_to_data,
                optimal_transport_moves_noise_only,
                the_same_key_draws_the_same_pairs,
                wrong_data_is_an_error,
            }
            flows {
                a_pointer_to_a_conditional_flow_is_that_flow,
                dropout_acts_in_training_alone,
                one_time_for_all_rows_is_the_tensor_of_it,
            }
            guidance {
                a_guide_that_is_the_flow_changes_nothing,
                guidance_is_linear_in_its_scale,
                guided_samples_of_classes_go_beyond_their_class,
                one_row_stands_for_no_condition,
                outside_the_interval_nothing_is_evaluated_twice,
                rows_at_their_own_times_are_guided_alone,
                scale_one_is_the_conditional_flow,
            }
            losses {
                a_normalized_weight_has_no_gradient,
                flow_matching_is_the_generalized_loss,
                high_pass_is_differentiable,
                high_pass_is_undone,
                rows_of_rank_two_have_nothing_to_pass,
            }
            projections {
                a_set_drawn_in_balance_is_the_data,
                conditions_are_those_of_the_new_data,
                ends_that_do_not_fit_are_named,
                gaussian_pairs_meet_the_closed_form,
                large_sets_keep_exact_marginals_too,
                the_cost_is_the_sum_of_two_wasserstein_distances,
                what_is_right_stays,
            }
            sampling {
                a_network_samples_each_row_alone,
                a_network_with_classes_samples_each_row_alone,
                a_grid_is_learned_for_labels_and_for_images,
                conditions_must_be_as_many_as_rows,
                embeddings_reach_their_rows,
            }
            training {
                a_callback_ends_the_fit,
                a_continued_fit_is_one_fit,
                a_diverged_fit_goes_back,
                a_flow_that_returns_nan_is_named,
                a_rate_that_is_not_finite_is_refused,
                a_student_goes_on_from_its_teacher,
                an_average_without_memory_is_the_weights,
                classes_are_told_apart,
                clipped_steps_are_short,
                numbers_that_cannot_be_are_refused,
                the_flow_of_a_gaussian_is_learned,
                the_seed_decides,
                weights_that_overflow_in_the_last_step_are_found,
            }
        }
    };
}
pub(crate) use run_all_on;

/// Runs `init` with burn's generator seeded: one generator serves all tests of the process, so one at a time.
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
