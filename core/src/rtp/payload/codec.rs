//! What turns sound into payloads and back (RFC 3551 §4): G.711 and DVI4 are here, the others are
//! for whoever has them.

/// An encoder and a decoder of one encoding, each with what it remembers of one stream.
///
/// Samples are 16-bit linear, those of one instant side by side if there are several channels.
/// Nothing here allocates: payloads and samples go where the caller says.
pub trait Codec {
    /// The encoding's name in SDP (RFC 3551 §4.5).
    fn encoding_name(&self) -> &'static str;

    /// Into how many samples a payload is divided: those of a frame, or for encodings without
    /// frames the fewest that fill whole octets.
    fn frame_samples(&self) -> usize;

    /// How many octets a payload of this many samples may take.
    fn most_octets(&self, samples: usize) -> usize;

    /// Encodes whole frames into one payload at the front of `payload` and says how many octets it
    /// took. Nothing if the samples are not whole frames, or the payload has no room.
    fn encode(&mut self, samples: &[i16], payload: &mut [u8]) -> Option<usize>;

    /// Decodes a payload to the front of `samples` and says how many there are. Nothing if the
    /// payload breaks the rules of its encoding, or there is no room.
    fn decode(&mut self, payload: &[u8], samples: &mut [i16]) -> Option<usize>;

    /// Makes up sound for payloads that were lost. Silence, from those that know nothing better.
    fn conceal(&mut self, samples: &mut [i16]) {
        samples.fill(0);
    }
}

#[cfg(test)]
mod tests;
