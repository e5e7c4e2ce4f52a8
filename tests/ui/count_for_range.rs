//! Two numbers instead of a range of rows.

use burn_flex::Flex;
use reflow::{
    Key,
    coupling::{Independent, Pairs},
    data::{Gaussian, Normal},
};

fn main() {
    let coupling = Independent::new(Normal::new(vec![2], 0.0, 1.0).unwrap(), Gaussian);
    let pairs = Pairs::<Flex>::generate(&coupling, 1000, &Key::new(0), &Default::default());
}
