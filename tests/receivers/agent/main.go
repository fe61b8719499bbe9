// Datadog's Agent, as far as OTLP goes: its receiver, its processing and its writers, by its own packages. What it sends
// to Datadog's intake is written to standard output instead, a JSON object a line: {"traces": ...} or {"stats": ...}.
//
// The argument is the port for OTLP over gRPC; --top-level-by-kind=false is the Agent's older rule.
package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"

	compression "github.com/DataDog/datadog-agent/comp/trace/compression/impl-gzip"
	"github.com/DataDog/datadog-agent/pkg/opentelemetry-mapping-go/otlp/attributes"
	"github.com/DataDog/datadog-agent/pkg/proto/pbgo/trace"
	"github.com/DataDog/datadog-agent/pkg/trace/agent"
	"github.com/DataDog/datadog-agent/pkg/trace/config"
	"github.com/DataDog/datadog-agent/pkg/trace/telemetry"
	"github.com/DataDog/datadog-go/v5/statsd"
	"github.com/tinylib/msgp/msgp"
	"go.opentelemetry.io/collector/component/componenttest"
	"google.golang.org/protobuf/proto"
)

func main() {
	port := flag.Int("port", 0, "where to listen for OTLP over gRPC")
	byKind := flag.Bool("top-level-by-kind", true, "as the Agent's own program has it")
	flag.Parse()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := http.Server{Handler: intake(json.NewEncoder(os.Stdout))}
	go server.Serve(listener)

	attributesTranslator, err := attributes.NewTranslator(componenttest.NewNopTelemetrySettings())
	if err != nil {
		log.Fatal(err)
	}
	conf := config.New()
	conf.Hostname = "agent-1"
	conf.Endpoints = []*config.Endpoint{{Host: "http://" + listener.Addr().String(), APIKey: "none"}}
	// Only what comes by OTLP.
	conf.ReceiverEnabled = false
	conf.OTLPReceiver = &config.OTLP{
		BindHost: "127.0.0.1", GRPCPort: *port, AttributesTranslator: attributesTranslator, MaxRequestBytes: 1 << 24,
	}
	// Seconds.
	conf.TraceWriter.FlushPeriodSeconds, conf.StatsWriter.FlushPeriodSeconds = 0.2, 0.2
	if *byKind {
		conf.Features["enable_otlp_compute_top_level_by_span_kind"] = struct{}{}
	}
	// On the way down, it writes the statistics that it still has.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	agent.NewAgent(ctx, conf, telemetry.NewNoopCollector(), &statsd.NoOpClient{}, compression.NewComponent()).Run()
}

// Datadog's intake. It refuses whatever it can't read whole, so that nothing is lost unseen.
func intake(lines *json.Encoder) http.Handler {
	var writing sync.Mutex
	write := func(name string, payload any) error {
		writing.Lock()
		defer writing.Unlock()
		return lines.Encode(map[string]any{name: payload})
	}
	routes := http.NewServeMux()
	routes.Handle("/api/v0.2/traces", receive(func(body io.Reader) error {
		var payload trace.AgentPayload
		bytes, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		if err := proto.Unmarshal(bytes, &payload); err != nil {
			return err
		}
		return write("traces", &payload)
	}))
	routes.Handle("/api/v0.2/stats", receive(func(body io.Reader) error {
		var payload trace.StatsPayload
		if err := msgp.Decode(body, &payload); err != nil {
			return err
		}
		return write("stats", &payload)
	}))
	return routes
}

func receive(read func(io.Reader) error) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		body, err := gzip.NewReader(request.Body)
		if err == nil {
			err = read(body)
		}
		if err != nil {
			log.Fatalf("%s: %v", request.URL.Path, err)
		}
		answer.WriteHeader(http.StatusAccepted)
	})
}
