// Command s3-server keeps one bucket in memory, for tests. It listens on the loopback and writes its port to standard output.
// Requests have to be signed with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. It ends when its standard input does.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/rclone/gofakes3"
	"github.com/rclone/gofakes3/s3mem"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: s3-server <bucket>")
	}
	key, secret := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	if key == "" || secret == "" {
		log.Fatal("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY have to be set")
	}
	storage := s3mem.New()
	if err := storage.CreateBucket(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
	server := gofakes3.New(storage, gofakes3.WithV4Auth(map[string]string{key: secret}))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	log.Fatal(http.Serve(listener, server.Server()))
}
