use burn::{
    module::{AutodiffModule, Module},
    optim::AdamConfig,
    tensor::backend::AutodiffBackend,
};
use reflow::{
    Error, FlowExt, Key, Labels, Sampling,
    condition::Optional,
    data::Dataset,
    flow::Split,
    loss::Mse,
    models::{ClassMlp, MlpConfig},
    ode::{Euler, Heun, TimeGrid},
    train::{LearningRate, Round},
    tuning::Reference,
};

use super::{
    In, gap,
    numbered::numbered,
    seeded,
    trainers::{answer, net, small, squared_distance},
};

fn sampling(steps: usize) -> Sampling<Heun, TimeGrid> {
    Sampling { solver: Heun, control: TimeGrid::uniform(steps).unwrap() }
}

pub fn a_round_gives_a_student_with_its_teachers_weights<B: AutodiffBackend>() {
    let teacher = net::<B>(2);
    let round = Round::new(40, vec![2]).unwrap().with_key(Key::new(3));
    let round = round.with_split(Split::across_cores(16).unwrap().with_threads(2).unwrap());
    let student = round.rectify(teacher.clone(), sampling(4)).unwrap();
    let mut student = student.loss(Mse).optimizer(AdamConfig::new().init()).build().unwrap();
    assert_eq!(squared_distance(&student.flow(), &teacher.valid()), 0.0);
    assert_eq!(gap(answer::<B>(&student.flow()), answer::<B>(&teacher.valid())), 0.0);
    student.fit(10).unwrap();
    assert!(squared_distance(&student.state().flow.valid(), &teacher.valid()) > 1e-3, "and can be trained");
}

pub fn a_round_gives_a_student_that_needs_fewer_steps<B: AutodiffBackend>() {
    let rate = || LearningRate::new(3e-3).unwrap();
    let mut teacher = small(net::<B>(2)).batch_size(128).learning_rate(rate()).build().unwrap();
    teacher.fit(300).unwrap();
    let noise = Key::new(5).normal::<In<B>, 2>([200, 2], &Default::default());
    let reference = Reference::of(&teacher.sampler(Heun, TimeGrid::uniform(20).unwrap()), noise).unwrap();
    let one_step = || TimeGrid::uniform(1).unwrap();
    let before = reference.error_of(&teacher.sampler(Euler, one_step())).unwrap();
    let student = Round::new(500, vec![2]).unwrap().rectify(teacher.into_flow(), sampling(20)).unwrap();
    let student = student.loss(Mse).optimizer(AdamConfig::new().init()).learning_rate(rate()).batch_size(128);
    let mut student = student.build().unwrap();
    student.fit(300).unwrap();
    let after = reference.error_of(&student.sampler(Euler, one_step())).unwrap();
    assert!(after < 0.5 * before, "the error of one step went from {before} to {after}");
}

pub fn a_round_of_a_network_with_classes_draws_under_labels<B: AutodiffBackend>() {
    let teacher: ClassMlp<B> = seeded::<B, _>(|| {
        let net = MlpConfig::new(3).unwrap().init_with_classes(9, &Default::default()).unwrap();
        net.num_params();
        net
    });
    let data = numbered::<In<B>>(9);
    let labels = Dataset::<_, 2, Optional<Labels>>::with_conditions(data.rows(), data.conditions()).unwrap();
    let round = Round::new(40, vec![3]).unwrap().with_conditions(labels);
    let student = round.rectify(teacher.clone(), sampling(2)).unwrap();
    let mut student = student.loss(Mse).optimizer(AdamConfig::new().init()).build().unwrap();
    let x = Key::new(1).normal::<In<B>, 2>([9, 3], &Default::default());
    let y = data.conditions();
    let said = |net: &ClassMlp<In<B>>| net.given(y.clone()).velocity(x.clone(), 0.5);
    assert_eq!(gap(said(&student.flow()), said(&teacher.valid())), 0.0);
    student.fit(3).unwrap();
    assert!(gap(said(&student.flow()), said(&teacher.valid())) > 0.0);
}

pub fn a_round_of_a_solve_short_of_the_data_is_refused<B: AutodiffBackend>() {
    let short = Sampling { solver: Heun, control: TimeGrid::new(vec![1.0, 0.5]).unwrap() };
    let error = Round::new(8, vec![2]).unwrap().rectify(net::<B>(2), short).map(drop).unwrap_err();
    assert_eq!(error, Error::PartOfTheWay { from: 1.0, to: 0.5 });
    assert!(Round::new(0, vec![2]).unwrap_err().to_string().contains("pairs must be at least 1, got 0"));
    assert!(Round::new(8, vec![]).is_err());
}
