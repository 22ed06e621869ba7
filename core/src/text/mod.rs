//! Byte classes, cursors and codings shared by the text protocols.
