//! The tensors that a file of weights must hold.

use std::path::Path;

use reflow::Error;

use super::{Flex, Lpips, TRUNKS, Weights, heads};

/// Which of the two files is wrong.
#[derive(Clone, Copy)]
enum Wrong {
    Trunk,
    Heads,
}

fn refusal(wrong: Wrong, name: &str, change: impl Fn(&mut Weights)) -> String {
    let (mut trunk, mut heads) = (Weights::squeeze(), Weights::squeeze_heads());
    match wrong {
        Wrong::Trunk => change(&mut trunk),
        Wrong::Heads => change(&mut heads),
    }
    let (trunk, heads) = (trunk.write(&format!("{name}_trunk")), heads.write(&format!("{name}_heads")));
    let error = Lpips::<Flex>::squeeze(&trunk, &heads, &Default::default()).unwrap_err();
    let Error::Weights { path, what } = &error else { panic!("{error}") };
    let file = match wrong {
        Wrong::Trunk => trunk,
        Wrong::Heads => heads,
    };
    assert_eq!(path, &file);
    assert_eq!(error.to_string(), format!("{}: {what}", file.display()));
    what.clone()
}

#[test]
fn a_trunk_has_every_tensor_and_no_other() {
    let name = "features.7.expand3x3.weight";
    let missing = refusal(Wrong::Trunk, "missing", |trunk| drop(trunk.0.remove(name)));
    assert_eq!(missing, format!("the tensor {name} is missing"));
    let shape = refusal(Wrong::Trunk, "shape", |trunk| trunk.tensor(name, vec![128, 32, 1, 1], 1.0));
    assert_eq!(shape, format!("the tensor {name} has shape [128, 32, 1, 1], expected [128, 32, 3, 3]"));
    for extra in ["features.5.weight", "features.7.expand3x3.scale", "head.weight"] {
        let what = refusal(Wrong::Trunk, "extra", |trunk| trunk.tensor(extra, vec![1], 1.0));
        assert_eq!(what, format!("the tensor {extra} has no place in the network"));
    }
}

#[test]
fn heads_have_every_tensor_and_no_other() {
    let name = "lin6.model.1.weight";
    let missing = refusal(Wrong::Heads, "no_head", |heads| drop(heads.0.remove(name)));
    assert_eq!(missing, format!("the tensor {name} is missing"));
    let shape = refusal(Wrong::Heads, "head_shape", |heads| heads.tensor(name, vec![1, 384, 1, 1], 1.0));
    assert_eq!(shape, format!("the tensor {name} has shape [1, 384, 1, 1], expected [1, 512, 1, 1]"));
    for extra in ["lin7.model.1.weight", "lin0.model.1.bias", "classifier.1.weight"] {
        let what = refusal(Wrong::Heads, "extra_head", |heads| heads.tensor(extra, vec![1], 1.0));
        assert_eq!(what, format!("the tensor {extra} has no place in the network"));
    }
}

#[test]
fn the_classifier_alone_may_be_left_over() {
    let mut trunk = Weights::squeeze();
    trunk.tensor("classifier.1.weight", vec![1000, 512, 1, 1], 1.0);
    trunk.tensor("classifier.1.bias", vec![1000], 1.0);
    let files = (trunk.write("classifier"), Weights::squeeze_heads().write("classifier_heads"));
    Lpips::<Flex>::squeeze(files.0, files.1, &Default::default()).unwrap();
}

#[test]
fn weights_of_another_network_are_refused() {
    let [alex, vgg, _] = &*TRUNKS;
    let message = |loaded: Result<Lpips<Flex>, Error>| loaded.unwrap_err().to_string();
    let of_heads = message(Lpips::vgg(vgg, heads("alex"), &Default::default()));
    assert!(
        of_heads.contains("lin1.model.1.weight has shape [1, 192, 1, 1], expected [1, 128, 1, 1]"),
        "{of_heads}"
    );
    let of_trunk = message(Lpips::vgg(alex, heads("vgg"), &Default::default()));
    assert!(of_trunk.contains("the tensor features.3.bias has no place"), "{of_trunk}");
}

#[test]
fn files_that_are_none_are_refused() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for extension in ["pth", "safetensors"] {
        let (none, noise) =
            (folder.join(format!("none.{extension}")), folder.join(format!("noise.{extension}")));
        std::fs::write(&noise, b"these are no weights, whatever the name of the file says").unwrap();
        for file in [none, noise] {
            let start = format!("{}: cannot be read: ", file.display());
            let of_trunk = Lpips::<Flex>::alex(&file, heads("alex"), &Default::default()).unwrap_err();
            assert!(of_trunk.to_string().starts_with(&start), "{of_trunk}");
            assert_eq!(Lpips::<Flex>::alex(&TRUNKS[0], &file, &Default::default()).unwrap_err(), of_trunk);
        }
    }
}
