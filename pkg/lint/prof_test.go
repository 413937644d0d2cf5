package lint_test
import ("testing";"os";"runtime";"runtime/pprof";"github.com/buildsync/buildsync/pkg/lint";"github.com/buildsync/buildsync/pkg/spec")
func TestProf(t *testing.T){
 tree,err:=spec.OpenDir("/tmp/b10k"); if err!=nil{t.Fatal(err)}
 runtime.MemProfileRate=4096
 c,_:=os.Create("/tmp/cpu.prof"); pprof.StartCPUProfile(c)
 found:=lint.Check(tree,"",lint.Options{})
 pprof.StopCPUProfile()
 runtime.GC()
 f,_:=os.Create("/tmp/mem.prof"); pprof.WriteHeapProfile(f); f.Close()
 runtime.KeepAlive(found); t.Log(len(found))
}
