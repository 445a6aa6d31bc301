// Command volume-folder makes and removes the folder of a volume, in a pod that the volume provisioner starts.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	folder := flag.String("p", "", "absolute path of the folder")
	action := flag.String("a", "", "create or delete")
	// The provisioner gives these too; folders have neither a size nor a mode.
	flag.String("s", "", "size in bytes, ignored")
	flag.String("m", "", "volume mode, ignored")
	flag.Parse()
	if err := run(*action, *folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(action, folder string) error {
	if !filepath.IsAbs(folder) {
		return fmt.Errorf("the folder must be an absolute path, got %q", folder)
	}
	switch action {
	case "create":
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		// Containers write as any user; the process's mask does not count.
		return os.Chmod(folder, 0o777)
	case "delete":
		return os.RemoveAll(folder)
	default:
		return fmt.Errorf("the action must be create or delete, got %q", action)
	}
}
