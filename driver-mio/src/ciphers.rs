//! The ciphers of the core, from RustCrypto: with the processor's own instructions where it has
//! them, which is found out while running.

use aes::cipher::{BlockCipherEncrypt, BlockSizeUser, InnerIvInit, StreamCipherCore, consts::U16};
use aes::{Aes128Enc, Aes192Enc, Aes256Enc};
use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes128Gcm, Aes256Gcm, KeyInit};
use ctr::{CtrCore, flavors::Ctr128BE};
use hmac::{Hmac, Mac as _};
use offhook::cipher::{Aead, Ciphers, CounterMode, Mac};
use sha1::Sha1;

/// AES, GCM and HMAC-SHA1 of RustCrypto.
#[derive(Clone, Copy, Debug, Default)]
pub struct RustCrypto;

/// What is keyed, its key schedule done.
struct Keyed<T>(T);

fn keyed<T: KeyInit>(key: &[u8]) -> Option<Box<Keyed<T>>> {
    T::new_from_slice(key).ok().map(|one| Box::new(Keyed(one)))
}

impl Ciphers for RustCrypto {
    fn aes_counter_mode(&self, key: &[u8]) -> Option<Box<dyn CounterMode>> {
        Some(match key.len() {
            16 => keyed::<Aes128Enc>(key)?,
            24 => keyed::<Aes192Enc>(key)?,
            _ => keyed::<Aes256Enc>(key)?,
        })
    }

    fn aes_gcm(&self, key: &[u8]) -> Option<Box<dyn Aead>> {
        Some(match key.len() {
            16 => keyed::<Aes128Gcm>(key)?,
            _ => keyed::<Aes256Gcm>(key)?,
        })
    }

    fn hmac_sha1(&self, key: &[u8]) -> Box<dyn Mac> {
        match keyed::<Hmac<Sha1>>(key) {
            Some(hmac) => hmac,
            // Any length is right for HMAC.
            None => Box::new(offhook::hash::Hmac::<offhook::hash::Sha1>::new(key)),
        }
    }
}

impl<C> CounterMode for Keyed<C>
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + Send + Sync,
{
    fn apply(&self, start: &[u8; 16], bytes: &mut [u8]) {
        let counter: CtrCore<&C, Ctr128BE> = CtrCore::inner_iv_init(&self.0, start.into());
        counter.apply_keystream_partial(bytes.into());
    }
}

impl Aead for Keyed<Aes128Gcm> {
    fn seal(&self, nonce: &[u8; 12], associated: &[u8], bytes: &mut [u8]) -> [u8; 16] {
        seal(&self.0, nonce, associated, bytes)
    }

    fn open(&self, nonce: &[u8; 12], associated: &[u8], bytes: &mut [u8], tag: &[u8; 16]) -> bool {
        open(&self.0, nonce, associated, bytes, tag)
    }
}

impl Aead for Keyed<Aes256Gcm> {
    fn seal(&self, nonce: &[u8; 12], associated: &[u8], bytes: &mut [u8]) -> [u8; 16] {
        seal(&self.0, nonce, associated, bytes)
    }

    fn open(&self, nonce: &[u8; 12], associated: &[u8], bytes: &mut [u8], tag: &[u8; 16]) -> bool {
        open(&self.0, nonce, associated, bytes, tag)
    }
}

type Gcm<C> = aes_gcm::AesGcm<C, aes_gcm::aead::consts::U12>;

fn seal<C>(gcm: &Gcm<C>, nonce: &[u8; 12], associated: &[u8], bytes: &mut [u8]) -> [u8; 16]
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>,
{
    // It fails only for more octets than there is memory for.
    let tag = gcm.encrypt_inout_detached(nonce.into(), associated, bytes.into());
    tag.map(Into::into).unwrap_or_default()
}

fn open<C>(
    gcm: &Gcm<C>,
    nonce: &[u8; 12],
    associated: &[u8],
    bytes: &mut [u8],
    tag: &[u8; 16],
) -> bool
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16>,
{
    gcm.decrypt_inout_detached(nonce.into(), associated, bytes.into(), tag.into())
        .is_ok()
}

impl Mac for Keyed<Hmac<Sha1>> {
    fn code(&self, pieces: [&[u8]; 2]) -> [u8; 20] {
        let mut hmac = self.0.clone();
        pieces.into_iter().for_each(|piece| hmac.update(piece));
        hmac.finalize().into_bytes().into()
    }
}
