// The upstream of the benchmark: a token document of 202 bytes, as fast as Go's own library gives it.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"strings"
	"sync/atomic"
)

const (
	documentBytes = 202
	before        = `{"access_token":"ya29.`
	after         = `","expires_in":3599,"token_type":"Bearer"}`
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	flag.Parse()
	document := []byte(before + strings.Repeat("x", documentBytes-len(before)-len(after)) + after)
	var served atomic.Int64
	http.HandleFunc("/served", func(answer http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(answer, served.Load())
	})
	http.HandleFunc("/computeMetadata/v1/instance/service-accounts/default/token",
		func(answer http.ResponseWriter, request *http.Request) {
			served.Add(1)
			headers := answer.Header()
			headers.Set("Metadata-Flavor", "Google")
			headers.Set("Server", "Metadata Server for VM")
			// The real one wants to be asked on purpose.
			if request.Header.Get("Metadata-Flavor") != "Google" {
				answer.WriteHeader(http.StatusForbidden)
				return
			}
			headers.Set("Content-Type", "application/json")
			headers.Set("ETag", "a1b2c3d4e5f60718")
			answer.Write(document)
		})
	log.Fatal(http.ListenAndServe(*listen, nil))
}
