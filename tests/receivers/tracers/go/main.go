// The application of the golden runs, traced by dd-trace-go. PORT is where it listens.
package main

import (
	"errors"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	httptrace "github.com/DataDog/dd-trace-go/contrib/net/http/v2"
	"github.com/DataDog/dd-trace-go/v2/ddtrace/tracer"
)

func main() {
	if err := tracer.Start(); err != nil {
		log.Fatal(err)
	}
	defer tracer.Stop()
	routes := httptrace.NewServeMux()
	routes.HandleFunc("/ok", func(answer http.ResponseWriter, _ *http.Request) { answer.Write([]byte("ok")) })
	routes.HandleFunc("/users/{id}", func(answer http.ResponseWriter, request *http.Request) {
		answer.Write([]byte(request.PathValue("id")))
	})
	routes.HandleFunc("/err", func(answer http.ResponseWriter, _ *http.Request) { answer.WriteHeader(500) })
	routes.HandleFunc("/notfound", func(answer http.ResponseWriter, _ *http.Request) { answer.WriteHeader(404) })
	routes.HandleFunc("/status/{code}", func(answer http.ResponseWriter, request *http.Request) {
		code, err := strconv.Atoi(request.PathValue("code"))
		if err != nil {
			code = 400
		}
		answer.WriteHeader(code)
	})
	routes.HandleFunc("/throw", func(http.ResponseWriter, *http.Request) { panic(errors.New("boom")) })
	routes.HandleFunc("/slow", func(answer http.ResponseWriter, _ *http.Request) {
		time.Sleep(300 * time.Millisecond)
		answer.Write([]byte("slow"))
	})
	routes.HandleFunc("/stream", func(answer http.ResponseWriter, _ *http.Request) {
		for range 4 {
			time.Sleep(100 * time.Millisecond)
			answer.Write([]byte("chunk"))
			answer.(http.Flusher).Flush()
		}
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), routes))
}
