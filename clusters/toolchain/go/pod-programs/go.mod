module terrarium.local/toolchain/pod-programs

go 1.24
