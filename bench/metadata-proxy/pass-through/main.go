// The peer of the metadata proxy: the shortest pass-through that Go's own library makes, without any rule.
package main

import (
	"flag"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	upstream := flag.String("upstream", "", "base URL of the upstream")
	idle := flag.Int("idle", 0, "idle connections kept to the upstream; 0: the library's default, 2")
	flag.Parse()
	base, err := url.Parse(*upstream)
	if err != nil {
		log.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.MaxIdleConnsPerHost = *idle
	proxy := httputil.NewSingleHostReverseProxy(base)
	proxy.Transport = transport
	log.Fatal(http.ListenAndServe(*listen, proxy))
}
