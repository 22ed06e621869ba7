//! Capability negotiation (RFC 5939).

use super::*;

/// RFC 5939 §3.3.1 and §3.3.2, their examples.
#[test]
fn extensions() {
    for value in ["cap-v0", "foo", "cap-v0,foo,bar"] {
        same::<SupportedExtensions<'_>>(value);
        same::<RequiredExtensions<'_>>(value);
    }
    assert_eq!(
        same::<RequiredExtensions<'_>>("cap-v0,foo").0,
        ["cap-v0", "foo"]
    );
    refused::<SupportedExtensions<'_>>(&["", "a,", "a, b", " a"]);
    refused::<RequiredExtensions<'_>>(&["", ",a"]);
}

/// RFC 5939 §3.4.1 and §3.4.2, their examples; no capability holds one of the negotiation's own.
#[test]
fn attributes_and_transports() {
    let ptime = same::<AttributeCapability<'_>>("1 ptime:20");
    assert_eq!(
        (ptime.number, ptime.name, ptime.value),
        (1, "ptime", Some("20"))
    );
    assert_eq!(
        same::<AttributeCapability<'_>>("2147483647 recvonly").value,
        None
    );
    same::<AttributeCapability<'_>>(
        "4 crypto:1 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|2^20|1:32",
    );
    refused::<AttributeCapability<'_>>(&[
        "",
        "1",
        "1 ",
        "0 ptime:20",
        "2147483648 ptime:20",
        "00000000001 ptime:20",
        " 1 ptime:20",
        "1 ptime:",
        "1 acap:2 foo:a",
        "2 pcfg:1 t=1 a=1",
        "2 a=pcfg:1 t=1 a=1",
    ]);
    let transports = same::<TransportCapability<'_>>("3 RTP/SAVP RTP/SAVPF");
    assert_eq!(transports.proto(3), Some("RTP/SAVP"));
    assert_eq!(transports.proto(4), Some("RTP/SAVPF"));
    assert_eq!((transports.proto(2), transports.proto(5)), (None, None));
    same::<TransportCapability<'_>>("5 UDP/TLS/RTP/SAVP");
    same::<TransportCapability<'_>>("2147483647 RTP/AVP");
    refused::<TransportCapability<'_>>(&[
        "",
        "1",
        "1 ",
        "0 RTP/AVP",
        "2147483647 RTP/AVP RTP/SAVP",
        "1 RTP//AVP",
    ]);
}

/// RFC 5939 §3.5.1: the forms of a configuration.
#[test]
fn configurations() {
    let one = same::<PotentialConfiguration<'_>>("1 t=1 a=1");
    let choice = |mandatory: &[u32], optional: &[u32]| AttributeChoice {
        mandatory: mandatory.to_vec(),
        optional: optional.to_vec(),
    };
    let attributes = |deletion, choices: &[AttributeChoice]| ConfigurationPart::Attributes {
        deletion,
        choices: choices.to_vec(),
    };
    assert_eq!(one.number, 1);
    assert_eq!(
        one.parts,
        [
            ConfigurationPart::Transports([1].into()),
            attributes(None, &[choice(&[1], &[])]),
        ]
    );
    for (value, part) in [
        ("1 a=-m", attributes(Some(Deletion::Media), &[])),
        (
            "1 a=-ms:1",
            attributes(Some(Deletion::Both), &[choice(&[1], &[])]),
        ),
        (
            "1 a=-s:1,2,[3,4]|[5]|6",
            attributes(
                Some(Deletion::Session),
                &[
                    choice(&[1, 2], &[3, 4]),
                    choice(&[], &[5]),
                    choice(&[6], &[]),
                ],
            ),
        ),
        ("1 t=1|2|3", ConfigurationPart::Transports([1, 2, 3].into())),
    ] {
        assert_eq!(
            same::<PotentialConfiguration<'_>>(value).parts,
            [part],
            "{value}"
        );
    }
    let extension = same::<PotentialConfiguration<'_>>("8 +foo=x|y bar=1");
    assert!(matches!(
        extension.parts.as_slice(),
        [
            ConfigurationPart::Extension {
                is_mandatory: true,
                name: "foo",
                value: "x|y"
            },
            ConfigurationPart::Extension {
                is_mandatory: false,
                name: "bar",
                value: "1"
            },
        ]
    ));
    assert!(
        same::<PotentialConfiguration<'_>>("2147483647")
            .parts
            .is_empty()
    );
    refused::<PotentialConfiguration<'_>>(&[
        "", "0", " 1", "x t=1", "1 t=", "1 t=0", "1 t=1|", "1 a=", "1 a=-x", "1 a=-m:", "1 a=1,",
        "1 a=[1", "1 a=1[2]", "1 a=[]", "1 a=1|", "1 foo", "1 foo=", "1 f-o=1", "1 +=1",
    ]);
}

/// RFC 5939 §3.5.2: of each part one was chosen.
#[test]
fn the_configuration_that_was_chosen() {
    let actual = same::<ActualConfiguration<'_>>("1 t=1 a=1");
    assert_eq!((actual.number, actual.parts.len()), (1, 2));
    same::<ActualConfiguration<'_>>("2 a=-ms:1,[2] foo=x");
    refused::<ActualConfiguration<'_>>(&["", "1 t=1|2", "1 a=1|2", "1 a=-m", "1 +foo=x"]);
}
