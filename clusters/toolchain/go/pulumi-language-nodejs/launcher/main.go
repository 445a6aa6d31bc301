// Starts Pulumi's Node language host with the runtime options of the project.
//
// The engine of today hands runtime options (Pulumi.yaml, runtime.options) to the language host in its requests; the
// language host that can be built from source is older and knows them as flags only. Without this launcher it would
// never see `typescript: false` and load a type checker at every start of a program.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"gopkg.in/yaml.v3"
)

// The options that the language host has flags for.
var flags = []string{"typescript", "tsconfig", "nodeargs"}

type project struct {
	Runtime yaml.Node `yaml:"runtime"`
}

type runtime struct {
	Options map[string]any `yaml:"options"`
}

func main() {
	self, err := os.Executable()
	if err == nil {
		self, err = filepath.EvalSymlinks(self)
	}
	if err != nil {
		fail(err)
	}
	host := self + "-host"
	args := append([]string{host}, optionFlags()...)
	fail(syscall.Exec(host, append(args, os.Args[1:]...), os.Environ()))
}

// optionFlags reads the options of the project that the engine works on: it starts plugins in the project's folder.
func optionFlags() []string {
	folder, err := os.Getwd()
	if err != nil {
		return nil
	}
	for {
		content, err := os.ReadFile(filepath.Join(folder, "Pulumi.yaml"))
		if err == nil {
			return flagsOf(content)
		}
		if filepath.Dir(folder) == folder {
			return nil
		}
		folder = filepath.Dir(folder)
	}
}

func flagsOf(content []byte) []string {
	var parsed project
	var options runtime
	// A project file that can't be read is the engine's to report; a runtime without options is a plain name.
	if yaml.Unmarshal(content, &parsed) != nil || parsed.Runtime.Decode(&options) != nil {
		return nil
	}
	var args []string
	for _, name := range flags {
		if value, ok := options.Options[name]; ok {
			args = append(args, fmt.Sprintf("-%s=%v", name, value))
		}
	}
	return args
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "pulumi-language-nodejs:", err)
	os.Exit(1)
}
