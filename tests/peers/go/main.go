// The two designs of the story: 32 maps behind a mutex each, filled by a goroutine per record, or by workers behind a
// buffered channel.
//
//	go-peer goroutine|channel FILE THREADS [OUTPUT]
//
// Both race for a key, so with each value goes the number of its record: the last one stays.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"hash/maphash"
	"os"
	"runtime"
	"strconv"
	"sync"
)

const (
	shardCount   = 32
	channelRoom  = 1024
	channelCrew  = 4
	largestLine  = 64 << 20
	readerBuffer = 1 << 20
)

type record struct {
	number     int
	key, value string
}

type placed struct {
	number int
	value  string
}

type shard struct {
	mutex sync.Mutex
	last  map[string]placed
}

type store struct {
	seed   maphash.Seed
	shards [shardCount]shard
}

func newStore() *store {
	s := &store{seed: maphash.MakeSeed()}
	for i := range s.shards {
		s.shards[i].last = make(map[string]placed)
	}
	return s
}

func (s *store) put(r record) {
	to := &s.shards[maphash.String(s.seed, r.key)%shardCount]
	to.mutex.Lock()
	if before, found := to.last[r.key]; !found || before.number < r.number {
		to.last[r.key] = placed{r.number, r.value}
	}
	to.mutex.Unlock()
}

func (s *store) keys() int {
	keys := 0
	for i := range s.shards {
		keys += len(s.shards[i].last)
	}
	return keys
}

func (s *store) write(name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	for i := range s.shards {
		for key, each := range s.shards[i].last {
			fmt.Fprintf(out, "%s\t%s\n", key, each.value)
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return file.Close()
}

func forEachRecord(name string, take func(record)) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, readerBuffer), largestLine)
	for number := 1; lines.Scan(); number++ {
		line := lines.Bytes()
		tab := bytes.IndexByte(line, '\t')
		take(record{number, string(line[:tab]), string(line[tab+1:])})
	}
	return lines.Err()
}

func goroutinePerRecord(name string, into *store) error {
	var running sync.WaitGroup
	err := forEachRecord(name, func(r record) {
		running.Add(1)
		go func() {
			into.put(r)
			running.Done()
		}()
	})
	running.Wait()
	return err
}

func channelAndWorkers(name string, into *store) error {
	records := make(chan record, channelRoom)
	var running sync.WaitGroup
	for i := 0; i < channelCrew; i++ {
		running.Add(1)
		go func() {
			for r := range records {
				into.put(r)
			}
			running.Done()
		}()
	}
	err := forEachRecord(name, func(r record) { records <- r })
	close(records)
	running.Wait()
	return err
}

func run(arguments []string) error {
	designs := map[string]func(string, *store) error{"goroutine": goroutinePerRecord, "channel": channelAndWorkers}
	if len(arguments) < 3 || designs[arguments[0]] == nil {
		return fmt.Errorf("usage: go-peer goroutine|channel FILE THREADS [OUTPUT]")
	}
	threads, err := strconv.Atoi(arguments[2])
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(threads)
	into := newStore()
	if err := designs[arguments[0]](arguments[1], into); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, into.keys(), "keys")
	if len(arguments) > 3 {
		return into.write(arguments[3])
	}
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
