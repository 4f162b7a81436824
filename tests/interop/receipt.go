// Verifies a receipt with Go's own packages for such things, and nothing of
// evote's:
//
//	receipt POLICY RECEIPT
//
// To be built with policy.go.
package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	log, all := readPolicy(os.Args[1])
	text, err := os.ReadFile(os.Args[2])
	must(err)
	head, signed, ok := bytes.Cut(text, []byte("\n\n"))
	want(ok, "no empty line")
	line := strings.Split(string(head), "\n")
	want(len(line) >= 3 && line[0] == "c2sp.org/tlog-proof@v1", "not a receipt")
	leaf, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(line[1], "extra "))
	must(err)
	index, err := strconv.ParseInt(strings.TrimPrefix(line[2], "index "), 10, 64)
	must(err)
	c := open(signed, log, all)
	must(tlog.CheckRecord(hashes(line[3:]), c.size, c.root, index, tlog.RecordHash(leaf)))
	fmt.Printf("record %d of %d, signed by %d\n", index, c.size, len(all))
}
