module terrarium.local/toolchain/calico

go 1.24

require github.com/projectcalico/calico v1.11.0-cni-plugin.0.20250813170300-a0db560f0520
