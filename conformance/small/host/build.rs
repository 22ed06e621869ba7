//! Links without a C library: whatever the core needed of an operating system would be missing.

fn main() {
    for argument in ["-nostartfiles", "-nostdlib", "-static", "-Wl,-e,_start"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
