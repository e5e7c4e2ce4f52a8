//! Reading and writing settings with serde, checked by their constructors.

/// Deserializes a part through its constructor, so that settings from a file are checked like those in code.
macro_rules! deserialize_checked {
    ($part:ident $(<$inner:ident>)? { $($field:ident : $type:ty),* $(,)? } via $build:expr) => {
        impl<'de $(, $inner: serde::Deserialize<'de>)?> serde::Deserialize<'de> for $part $(<$inner>)? {
            fn deserialize<De: serde::Deserializer<'de>>(source: De) -> Result<Self, De::Error> {
                #[derive(serde::Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Unchecked $(<$inner>)? { $($field: $type),* }
                let Unchecked { $($field),* } = serde::Deserialize::deserialize(source)?;
                $build.map_err(serde::de::Error::custom)
            }
        }

        impl $(<$inner: std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned>)?
            burn::config::Config for $part $(<$inner>)?
        {
        }
    };
}
pub(crate) use deserialize_checked;

/// Serializes a part without settings as its name, and accepts only that name when reading.
macro_rules! serialize_by_name {
    ($part:ident) => {
        impl serde::Serialize for $part {
            fn serialize<Se: serde::Serializer>(&self, target: Se) -> Result<Se::Ok, Se::Error> {
                target.serialize_str(stringify!($part))
            }
        }

        impl<'de> serde::Deserialize<'de> for $part {
            fn deserialize<De: serde::Deserializer<'de>>(source: De) -> Result<Self, De::Error> {
                let name = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(source)?;
                match name.as_ref() {
                    stringify!($part) => Ok($part),
                    other => Err(serde::de::Error::custom(format!(
                        "expected the part {}, got {other}",
                        stringify!($part)
                    ))),
                }
            }
        }

        impl burn::config::Config for $part {}
    };
}
pub(crate) use serialize_by_name;
