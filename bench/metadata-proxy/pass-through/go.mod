module proxybench/bench/pass-through

go 1.22
