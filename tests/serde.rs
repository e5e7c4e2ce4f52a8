//! Settings survive a round trip through serde, and are checked like their constructors check them.

use std::{fmt::Debug, path::Path};

use burn::config::Config;
use reflow::{
    Sampling,
    coupling::Projection,
    data::{Axis, Gaussian, Normal, Order, Standardize},
    flow::{self, GaussianFlow, Guidance, Nulls, Split, VariancePreserving},
    loss::{
        Blend, HighPass, IdealCut, InVelocity, Laplacian, Mapped, Masked, Mse, OnGrid, PseudoHuber, Share,
        UnsharpMask,
    },
    models::MlpConfig,
    objective::Recipe,
    ode::{
        Adaptive, Direction, DormandPrince, Dpm, DpmMultistep, DpmNoise, EdmHeun, Euler, Heun, Midpoint,
        RungeKutta4, TimeGrid,
    },
    time::{Cosh, Exponential, Fixed, LogitNormal, Stratified, Uniform},
    train::{ClipNorm, Ema, LearningRate, TrainSettings},
    tuning::{GridSearch, LearnedGrid, Start},
    weight::{self, Constant, Normalized, Power, Predicted},
};
use serde::{Serialize, de::DeserializeOwned};

/// Round trip of a part's settings, as JSON and as a burn config.
fn comes_back<T: Config + PartialEq>(settings: T) {
    is_read_as_written(&settings);
    let text = burn::config::config_to_json(&settings);
    assert_eq!(T::load_binary(text.as_bytes()).unwrap(), settings, "{text}");
}

/// Round trip of a component of settings, as JSON.
fn is_read_as_written<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&text).unwrap();
    assert_eq!(&read, value, "{text}");
}

#[test]
fn distributions_come_back() {
    comes_back(Uniform);
    comes_back(Exponential::new(7.0).unwrap());
    comes_back(Cosh::new(3.0).unwrap());
    comes_back(LogitNormal::new(0.3, 1.2).unwrap());
    comes_back(Fixed::new(vec![0.5, 1.0]).unwrap());
    comes_back(Stratified::new(Cosh::new(3.0).unwrap(), 12).unwrap());

    comes_back(Gaussian);
    comes_back(Normal::new(vec![3, 4], 0.0, 1.0).unwrap());
    comes_back(Standardize::new(Axis::Channel, vec![0.1, -2.0], vec![1.0, 3.0]).unwrap());
    [Axis::Feature, Axis::Channel, Axis::All].iter().for_each(is_read_as_written);
    [Order::Replacement, Order::Epochs].iter().for_each(is_read_as_written);
    let projection = Projection::default().with_exact_up_to(9).unwrap();
    comes_back(projection.with_condition_weight(0.5).unwrap());
}

#[test]
fn solvers_and_grids_come_back() {
    comes_back(Euler);
    comes_back(Heun);
    comes_back(EdmHeun);
    comes_back(Midpoint);
    comes_back(RungeKutta4);
    comes_back(DormandPrince);
    comes_back(DpmMultistep);
    comes_back(Dpm::new(0.3).unwrap());
    comes_back(DpmNoise::new(0.3).unwrap());
    comes_back(TimeGrid::sigmoid(5, 20.0).unwrap());
    comes_back(Adaptive::new(1e-3, 1e-4).unwrap().with_max_steps(7).unwrap().with_first_step(0.2).unwrap());
    [Direction::ToData, Direction::ToNoise].iter().for_each(is_read_as_written);
    comes_back(Split::across_cores(64).unwrap().with_threads(3).unwrap());
    let search = GridSearch::new(2).unwrap().with_tolerance(1e-3).unwrap().with_max_sweeps(7).unwrap();
    comes_back(search.with_descents(1).unwrap().with_start(TimeGrid::uniform(2).unwrap()).unwrap());
    let grid = TimeGrid::edm(2).unwrap();
    let starts = vec![Start { name: "edm".to_owned(), grid: grid.clone(), error: 0.2 }];
    comes_back(LearnedGrid { grid, error: 0.1, evaluations: 3, starts, sweeps: 4, cost: 50 });
}

#[test]
fn losses_and_weights_come_back() {
    comes_back(Mse);
    comes_back(HighPass::new(2.0).unwrap());
    comes_back(HighPass::new(2.0).unwrap().with_filter(IdealCut::new(0.2).unwrap()));
    comes_back(Mapped::new(HighPass::new(2.0).unwrap().on_grid([8, 6]).unwrap()));
    comes_back(Mapped::new(HighPass::new(2.0).unwrap().with_filter(UnsharpMask::new(1.5).unwrap())));
    comes_back(Laplacian);
    comes_back(UnsharpMask::new(1.5).unwrap());
    comes_back(PseudoHuber::new(0.01).unwrap());
    comes_back(InVelocity::new(Mse));
    comes_back(Masked::new(PseudoHuber::new(0.01).unwrap()));
    comes_back(Share::constant());
    comes_back(Share::toward_data());
    comes_back(Share::toward_noise().scaled(0.1).unwrap());
    comes_back(Blend::lpips_huber(Mse, 12).unwrap().with_second_share(Share::inverse()));
    comes_back(Constant);
    comes_back(Power::new(-1.0).unwrap());
    comes_back(Normalized::new(1e-5).unwrap());
    comes_back(Predicted::new(0.1).unwrap());
    comes_back(weight::Edm::new(0.7).unwrap());
}

#[test]
fn flows_and_networks_come_back() {
    comes_back(flow::EdmPreconditioning::new(0.7).unwrap());
    comes_back(VariancePreserving::new(19.0, 0.2, 100).unwrap());
    comes_back(Guidance::one_is_none(1.5).unwrap().between(0.1, 0.9).unwrap());
    [Nulls::Independent, Nulls::Joint].iter().for_each(is_read_as_written);
    comes_back(GaussianFlow::new(1.0, 2.0).unwrap());
    comes_back(MlpConfig::new(4).unwrap().with_hidden(8).unwrap().with_dropout(0.1).unwrap());
}

#[test]
fn presets_and_the_trainers_settings_come_back() {
    comes_back(Recipe::flow_matching());
    comes_back(Recipe::simple_reflow());
    comes_back(Sampling::baseline(18).unwrap());
    comes_back(Sampling::simple_reflow(5).unwrap());
    comes_back(LearningRate::new(1e-3).unwrap().warm_up(9).unwrap().cosine(100, 1e-6).unwrap());
    comes_back(LearningRate::new(1e-3).unwrap().inverse_root(50).unwrap());
    comes_back(Ema::new(0.9).unwrap());
    comes_back(ClipNorm::new(1.0).unwrap());
    comes_back(TrainSettings {
        batch_size: 12,
        seed: 3,
        ema: None,
        clip: Some(ClipNorm::new(1.0).unwrap()),
        check_every: 4,
        accumulate: 6,
    });
    comes_back(TrainSettings { ema: Some(Ema::new(0.9).unwrap()), ..TrainSettings::default() });
}

#[test]
fn burn_saves_and_loads_settings_under_our_checks() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("settings.json");
    let settings = TrainSettings {
        ema: Some(Ema::new(0.9).unwrap()),
        clip: Some(ClipNorm::new(2.5).unwrap()),
        ..TrainSettings::default()
    };
    settings.save(&file).unwrap();
    assert_eq!(TrainSettings::load(&file).unwrap(), settings);

    let text = std::fs::read_to_string(&file).unwrap();
    let bad = text.replace("2.5", "-2.5");
    assert_ne!(bad, text);
    std::fs::write(&file, bad).unwrap();
    let message = TrainSettings::load(&file).unwrap_err().to_string();
    assert!(message.contains("ClipNorm: norm must be positive and finite, got -2.5"), "{message}");
}

fn is_refused<T: DeserializeOwned + Debug>(text: &str, value: &str) {
    let message = serde_json::from_str::<T>(text).unwrap_err().to_string();
    assert!(message.contains(value), "{message}");
}

/// Serialized settings with one number changed.
fn is_refused_with<T: Serialize + DeserializeOwned + Debug>(settings: T, was: &str, is: &str, value: &str) {
    let text = serde_json::to_string(&settings).unwrap();
    let changed = text.replace(was, is);
    assert_ne!(changed, text, "there is no {was}");
    is_refused::<T>(&changed, value);
}

#[test]
fn what_a_distribution_refuses_is_refused_from_a_file() {
    is_refused::<Exponential>(r#"{"ratio":-3.5}"#, "-3.5");
    is_refused::<Cosh>(r#"{"steepness":0.0}"#, "0.0");
    is_refused::<LogitNormal>(r#"{"mean":0.0,"std":-1.0}"#, "-1.0");
    is_refused::<Fixed>(r#"{"times":[2.0]}"#, "2.0");
    is_refused::<Stratified<Uniform>>(r#"{"time":"Uniform","block":0}"#, "block");
    is_refused::<Stratified<Exponential>>(r#"{"time":{"ratio":0.0},"block":4}"#, "0.0");
    is_refused::<Normal>(r#"{"row":[],"mean":0.0,"std":1.0}"#, "[]");
    is_refused::<Standardize>(r#"{"axis":"All","mean":[0.0,1.0],"std":[1.0,1.0]}"#, "[0.0, 1.0]");
    is_refused::<Standardize>(r#"{"axis":"Feature","mean":[0.5],"std":[-1.5]}"#, "-1.5");
    is_refused::<Standardize>(r#"{"axis":"Row","mean":[0.0],"std":[1.0]}"#, "Row");
    is_refused::<Order>(r#""Once""#, "Once");
    is_refused_with(Projection::default(), "4096", "0", "exact_up_to");
    is_refused_with(Projection::default(), r#""condition_weight":1.0"#, r#""condition_weight":-0.5"#, "-0.5");
}

#[test]
fn what_a_solver_or_a_grid_refuses_is_refused_from_a_file() {
    is_refused::<Heun>(r#""Euler""#, "Euler");
    is_refused::<Dpm>(r#"{"r":1.5}"#, "1.5");
    is_refused::<DpmNoise>(r#"{"r":1.5}"#, "1.5");
    is_refused_with(GridSearch::new(2).unwrap(), r#""tolerance":0.01"#, r#""tolerance":-1.0"#, "-1.0");
    is_refused::<TimeGrid>(r#"{"times":[1.0,0.2,0.2]}"#, "0.2");
    is_refused::<Adaptive>(r#"{"rtol":-1.0,"atol":1.0,"first_step":0.1,"max_steps":5}"#, "-1.0");
    is_refused::<Split>(r#"{"rows":4,"threads":0}"#, "threads");
    is_refused::<Split>(r#"{"rows":0,"threads":4}"#, "rows");
}

#[test]
fn what_a_loss_or_a_weight_refuses_is_refused_from_a_file() {
    is_refused::<HighPass>(r#"{"filter":"Laplacian","lambda":-2.0}"#, "-2.0");
    is_refused::<HighPass>(r#"{"filter":"Laplacian","lambda":2.0,"grid":null}"#, "grid");
    is_refused::<HighPass<UnsharpMask>>(r#"{"filter":{"sigma":0.0},"lambda":2.0}"#, "0.0");
    is_refused_with(HighPass::default().on_grid([2, 1]).unwrap(), "[2,1]", "[0,1]", "[0, 1]");
    is_refused::<OnGrid<HighPass>>(r#"{"map":{"filter":"Laplacian","lambda":-2.0},"grid":[1,1]}"#, "-2.0");
    is_refused::<PseudoHuber>(r#"{"factor":0.0}"#, "0.0");
    is_refused::<InVelocity<PseudoHuber>>(r#"{"distance":{"factor":-0.5}}"#, "-0.5");
    is_refused::<Masked<PseudoHuber>>(r#"{"loss":{"factor":-0.5}}"#, "-0.5");
    is_refused::<Share>(r#"{"form":"Inverse","scale":-0.5}"#, "-0.5");
    is_refused::<Power>(r#"{"exponent":null}"#, "null");
    is_refused::<Normalized>(r#"{"epsilon":-1e-3}"#, "-0.001");
    is_refused::<Predicted>(r#"{"bandwidth":0.0}"#, "0.0");
    is_refused::<IdealCut>(r#"{"cutoff":1.0}"#, "1.0");
    is_refused::<weight::Edm>(r#"{"sigma_data":0.0}"#, "0.0");
}

#[test]
fn what_a_flow_or_a_network_refuses_is_refused_from_a_file() {
    is_refused::<GaussianFlow>(r#"{"mean":0.0,"std":0.0}"#, "0.0");
    is_refused::<flow::EdmPreconditioning>(r#"{"sigma_data":0.0}"#, "0.0");
    is_refused::<VariancePreserving>(r#"{"beta_d":1.0,"beta_min":0.0,"steps":1}"#, "steps");
    is_refused::<Guidance>(r#"{"scale":-1.0,"interval":[0.0,1.0]}"#, "-1.0");
    is_refused::<Guidance>(r#"{"scale":1.0,"interval":[0.5,0.1]}"#, "[0.5, 0.1]");
    is_refused::<Nulls>(r#""None""#, "None");
    is_refused::<MlpConfig>(r#"{"features":0,"hidden":1,"blocks":1,"dropout":0.0}"#, "features");
    is_refused::<MlpConfig>(r#"{"features":1,"hidden":1,"blocks":1,"dropout":1.0}"#, "1.0");
}

#[test]
fn what_the_trainer_refuses_is_refused_from_a_file() {
    is_refused::<Ema>(r#"{"decay":1.5}"#, "1.5");
    is_refused::<ClipNorm>(r#"{"norm":0.0}"#, "0.0");
    is_refused::<LearningRate>(r#"{"peak":-1.0,"warm_up":0,"decay":"Hold"}"#, "-1.0");
    let cosine = LearningRate::new(1e-3).unwrap().cosine(100, 1e-6).unwrap();
    is_refused_with(cosine, r#""warm_up":0"#, r#""warm_up":100"#, "100");
    let settings = TrainSettings::default;
    is_refused_with(settings(), r#""batch_size":256"#, r#""batch_size":0"#, "batch_size");
    is_refused_with(settings(), r#""check_every":20"#, r#""check_every":0"#, "check_every");
    is_refused_with(settings(), r#""accumulate":1"#, r#""accumulate":0"#, "accumulate");
    is_refused_with(settings(), r#""accumulate":1"#, r#""accumulate":257"#, "257");
    is_refused_with(settings(), r#""seed""#, r#""sead""#, "sead");
    is_refused::<Recipe<Exponential, Mse, Power>>(
        r#"{"time":{"ratio":0.0},"loss":"Mse","weight":{"exponent":-2.0}}"#,
        "0.0",
    );
}
