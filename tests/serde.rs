//! Settings are written down, read back the same, and checked as their constructors check them.

use std::fmt::Debug;

use reflow::{
    Recipe, Sampling,
    coupling::{Gaussian, NormalLaw, Projection},
    flow::{self, GaussianFlow, Guidance, VariancePreserving},
    loss::{Blend, HighPass, InVelocity, Laplacian, Mapped, Mse, PseudoHuber, Share, UnsharpMask},
    models::MlpConfig,
    ode::{
        Adaptive, DormandPrince, Dpm, DpmMultistep, EdmHeun, Euler, Heun, Midpoint, RungeKutta4, TimeGrid,
    },
    sampler::{GridSearch, Split, Whole},
    time::{Cosh, Exponential, Fixed, LogitNormal, Uniform},
    train::{ClipNorm, Ema, LearningRate, Progress, TrainSettings},
    weight::{self, Constant, Normalized, Power},
};
use serde::{Serialize, de::DeserializeOwned};

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(settings: T) {
    let text = serde_json::to_string(&settings).unwrap();
    let read: T = serde_json::from_str(&text).unwrap();
    assert_eq!(read, settings, "{text}");
}

#[test]
fn every_part_comes_back() {
    comes_back(Uniform);
    comes_back(Exponential::new(7.0).unwrap());
    comes_back(Cosh::new(3.0).unwrap());
    comes_back(LogitNormal::new(0.3, 1.2).unwrap());
    comes_back(Fixed::new(vec![0.5, 1.0]).unwrap());

    comes_back(Euler);
    comes_back(Heun);
    comes_back(EdmHeun);
    comes_back(Midpoint);
    comes_back(RungeKutta4);
    comes_back(DormandPrince);
    comes_back(DpmMultistep);
    comes_back(Dpm::new(0.3).unwrap());
    comes_back(TimeGrid::sigmoid(5, 20.0).unwrap());
    comes_back(Adaptive::new(1e-3, 1e-4).unwrap().with_max_steps(7).unwrap().with_first_step(0.2).unwrap());
    comes_back(Split::new(2, 64).unwrap());
    comes_back(Whole);
    let search = GridSearch::new(2).unwrap().with_tolerance(1e-3).unwrap().with_max_sweeps(7).unwrap();
    comes_back(search.with_descents(1).unwrap().with_start(TimeGrid::uniform(2).unwrap()).unwrap());

    comes_back(Mse);
    comes_back(Mapped::new(HighPass::new(2.0).unwrap().on_grid(8, 8).unwrap()));
    comes_back(Mapped::new(HighPass::new(2.0).unwrap().with_filter(UnsharpMask::new(1.5).unwrap())));
    comes_back(Laplacian);
    comes_back(PseudoHuber::new(0.01).unwrap());
    comes_back(InVelocity::new(Mse));
    comes_back(Share::constant());
    comes_back(Share::toward_noise().scaled(0.1).unwrap());
    comes_back(Blend::lpips_huber(Mse, 12).unwrap().with_second_share(Share::inverse()));
    comes_back(Constant);
    comes_back(Power::new(-1.0).unwrap());
    comes_back(Normalized::new(1e-5).unwrap());

    comes_back(Gaussian);
    comes_back(Projection::default().with_exact_up_to(9).unwrap().with_entropy(0.3, 7).unwrap());
    comes_back(NormalLaw::new(vec![3, 4], 0.0, 1.0).unwrap());
    comes_back(flow::EdmPreconditioning::new(0.7).unwrap());
    comes_back(VariancePreserving::new(19.0, 0.2, 100).unwrap());
    comes_back(weight::Edm::new(0.7).unwrap());
    comes_back(Guidance::one_is_none(1.5).unwrap().between(0.1, 0.9).unwrap());
    comes_back(GaussianFlow::new(1.0, 2.0).unwrap());
    comes_back(MlpConfig::new(4).unwrap().with_hidden(8).unwrap().with_dropout(0.1).unwrap());
}

#[test]
fn presets_and_the_trainers_settings_come_back() {
    comes_back(Recipe::baseline());
    comes_back(Recipe::simple_reflow());
    comes_back(Sampling::baseline(18).unwrap());
    comes_back(Sampling::simple_reflow(5).unwrap());
    comes_back(LearningRate::new(1e-3).unwrap().warm_up(9).cosine(100, 1e-6).unwrap());
    comes_back(LearningRate::new(1e-3).unwrap().inverse_root(50).unwrap());
    comes_back(TrainSettings {
        batch_size: 12,
        seed: 3,
        ema: None,
        clip: Some(ClipNorm::new(1.0).unwrap()),
        check_every: 4,
        progress: Progress::Hidden,
    });
    comes_back(TrainSettings { ema: Some(Ema::new(0.9).unwrap()), ..TrainSettings::default() });
}

fn is_refused<T: DeserializeOwned + Debug>(text: &str, value: &str) {
    let message = serde_json::from_str::<T>(text).unwrap_err().to_string();
    assert!(message.contains(value), "{message}");
}

#[test]
fn what_a_constructor_refuses_is_refused_from_a_file() {
    is_refused::<Heun>(r#""Euler""#, "Euler");
    is_refused::<Exponential>(r#"{"base":-3.5}"#, "-3.5");
    is_refused::<Cosh>(r#"{"steepness":0.0}"#, "0.0");
    is_refused::<LogitNormal>(r#"{"mean":0.0,"std":-1.0}"#, "-1.0");
    is_refused::<Fixed>(r#"{"times":[2.0]}"#, "2.0");
    is_refused::<Dpm>(r#"{"r":1.5}"#, "1.5");
    is_refused::<GridSearch>(
        r#"{"steps":2,"tolerance":-1.0,"max_sweeps":7,"descents":1,"starts":[]}"#,
        "-1.0",
    );
    is_refused::<TimeGrid>(r#"{"times":[1.0,0.2,0.2]}"#, "0.2");
    is_refused::<Adaptive>(r#"{"rtol":-1.0,"atol":1.0,"first_step":0.1,"max_steps":5}"#, "-1.0");
    is_refused::<Split>(r#"{"threads":0,"rows":4}"#, "threads");
    is_refused::<HighPass>(r#"{"filter":"Laplacian","lambda":-2.0,"grid":null}"#, "-2.0");
    is_refused::<HighPass>(r#"{"filter":"Laplacian","lambda":2.0,"grid":[0,1]}"#, "[0, 1]");
    is_refused::<HighPass<UnsharpMask>>(r#"{"filter":{"sigma":0.0},"lambda":2.0,"grid":null}"#, "0.0");
    is_refused::<PseudoHuber>(r#"{"factor":0.0}"#, "0.0");
    is_refused::<Normalized>(r#"{"epsilon":-1e-3}"#, "-0.001");
    is_refused::<NormalLaw>(r#"{"row":[],"mean":0.0,"std":1.0}"#, "[]");
    is_refused::<GaussianFlow>(r#"{"mean":0.0,"std":0.0}"#, "0.0");
    is_refused::<flow::EdmPreconditioning>(r#"{"sigma_data":0.0}"#, "0.0");
    is_refused::<weight::Edm>(r#"{"sigma_data":0.0}"#, "0.0");
    is_refused::<VariancePreserving>(r#"{"beta_d":1.0,"beta_min":0.0,"steps":1}"#, "steps");
    is_refused::<Guidance>(r#"{"scale":-1.0,"interval":[0.0,1.0]}"#, "-1.0");
    is_refused::<Guidance>(r#"{"scale":1.0,"interval":[0.5,0.1]}"#, "[0.5, 0.1]");
    is_refused::<MlpConfig>(r#"{"features":0,"hidden":1,"blocks":1,"dropout":0.0}"#, "features");
    is_refused::<MlpConfig>(r#"{"features":1,"hidden":1,"blocks":1,"dropout":1.0}"#, "1.0");
    is_refused::<Projection>(r#"{"exact_up_to":0,"epsilon":0.1,"sweeps":1}"#, "exact_up_to");
    is_refused::<Projection>(r#"{"exact_up_to":1,"epsilon":-0.1,"sweeps":1}"#, "-0.1");
    is_refused::<Ema>(r#"{"decay":1.5}"#, "1.5");
    is_refused::<ClipNorm>(r#"{"norm":0.0}"#, "0.0");
    is_refused::<LearningRate>(r#"{"peak":-1.0,"warm_up":0,"decay":"Hold"}"#, "-1.0");
    let settings = serde_json::to_string(&TrainSettings::default()).unwrap();
    is_refused::<TrainSettings>(&settings.replace("\"batch_size\":256", "\"batch_size\":0"), "batch_size");
    is_refused::<TrainSettings>(&settings.replace("\"seed\"", "\"sead\""), "sead");
    is_refused::<Recipe<Exponential, Mse, Power>>(
        r#"{"time":{"base":1.0},"loss":"Mse","weight":{"exponent":-2.0}}"#,
        "1.0",
    );
}
